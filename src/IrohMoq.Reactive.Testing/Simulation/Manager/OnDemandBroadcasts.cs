using System.Globalization;
using System.Text;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Serves and reads broadcasts that are created when they are requested. Each peer offers the names below a prefix of its own. The name
/// of a broadcast says whether its request is accepted, rejected, or ignored until the reader has left.
/// </summary>
internal sealed class OnDemandBroadcasts(ManagerScenario world, PeerOperations operations)
{
    // The version in which an offered prefix is announced, as a route.
    private const string VersionWithRoutes = "moq-lite-06";

    private readonly List<(BroadcastPath Path, string Content)> _served = [];

    /// <summary>The time that a reader waits at most for the answer of a publisher and for the first group.</summary>
    private TimeSpan Limit => world.Options.SubscribeTimeout + RequestKind.Patience + world.Options.IdleTimeout
        + world.Limits.SubscribeAnswer + (2 * world.Network.ReportDelay);

    /// <summary>Returns the prefix below which a peer serves requests.</summary>
    public static BroadcastPath PrefixOf(string peer) => $"demand/{peer}";

    /// <summary>Returns what is visible to a peer over a session: what the other one publishes, and the prefix that it offers.</summary>
    public static IEnumerable<BroadcastPath> VisibleOver(MoqSession session, SimulatedPeer other) =>
        other.OffersBroadcasts && session.Protocol == VersionWithRoutes
            ? other.Published.Keys.Prepend(PrefixOf(other.Name))
            : other.Published.Keys;

    /// <summary>Answers the requests for broadcasts of a peer until it shuts down.</summary>
    public Task ServeAsync(SimulatedPeer peer)
    {
        var requests = peer.Moq.OpenBroadcastRequests(PrefixOf(peer.Name));
        peer.OffersBroadcasts = true;
        return world.Pending.RunAsync(peer.Name, "serve broadcasts", PrefixOf(peer.Name).ToString(), null, async () =>
        {
            using (requests)
            {
                await foreach (var request in requests.ReadAllAsync().ConfigureAwait(false))
                {
                    var kind = RequestKind.In(request.Path.ToString());
                    world.Log.Write(peer.Name, $"request for a broadcast {kind}", request.Path.ToString());
                    var answer = world.Options.RequestAnswer(kind);
                    if (answer == RequestKind.Accepted)
                        _ = AnswerAsync(peer, request);
                    else if (answer == RequestKind.Rejected)
                        request.Reject(RequestKind.Rejection);
                }
            }

            return "the peer is over";
        });
    }

    /// <summary>Connects to another peer, requests a broadcast from it, and reads its first group.</summary>
    public async Task ReadAsync(SimulatedPeer peer, SimulatedPeer publisher, int value)
    {
        if (peer.Readers.Count >= HarshSettings.MaxReaders
            || await operations.ConnectAsync(peer, publisher).ConfigureAwait(false) is not { } session)
            return;
        var kind = RequestKind.Of(value);
        BroadcastPath path = string.Create(CultureInfo.InvariantCulture, $"{PrefixOf(publisher.Name)}/{kind}/{value % 2}");
        using var cancellation = new CancellationTokenSource();
        peer.Readers.Add(cancellation);
        await world.Pending.RunAsync(peer.Name, $"request a broadcast {kind}", path.ToString(), Limit, async () =>
        {
            using var patience = world.Runtime.Limit(world.Options.SubscribeTimeout + RequestKind.Patience, cancellation.Token);
            using var broadcast = await session.RequestBroadcastAsync(path, patience.Token).ConfigureAwait(false);
            using var reader = broadcast.Track(SimulatedBroadcast.TrackName).Open();
            try
            {
                using var group = await reader.ReadGroupAsync(patience.Token).ConfigureAwait(false);
                return await VerifyAsync(path, kind, group, patience.Token).ConfigureAwait(false);
            }
            catch (MoqStreamException failure)
            {
                if (kind != RequestKind.Rejected && failure.Code == RequestKind.Rejection)
                    ReportViolation($"{path} is {kind}", failure.ToString());
                throw;
            }
        }).ConfigureAwait(false);
        peer.Readers.Remove(cancellation);
    }

    /// <summary>Creates the requested broadcast, and ends it when its readers have left.</summary>
    private Task AnswerAsync(SimulatedPeer peer, PendingBroadcast request) =>
        world.Pending.RunAsync(peer.Name, "serve broadcast", request.Path.ToString(), null, async () =>
        {
            var content = string.Create(CultureInfo.InvariantCulture, $"d{_served.Count} {request.Path}");
            _served.Add((request.Path, content));
            using var broadcast = new BroadcastProducer(world.Runtime);
            using var track = broadcast.CreateTrack(SimulatedBroadcast.TrackName);
            using (var group = track.AppendGroup())
            {
                group.Write(Encoding.ASCII.GetBytes(content));
                group.Finish();
            }

            request.Accept(broadcast);
            using var limit = world.Runtime.Limit(world.Options.SubscribeTimeout);
            await track.WaitForSubscriberAsync(limit.Token).ConfigureAwait(false);
            await track.WaitForNoSubscriberAsync().ConfigureAwait(false);
            return "its readers have left";
        });

    private async Task<string> VerifyAsync(BroadcastPath path, string kind, GroupConsumer? group, CancellationToken cancellationToken)
    {
        if (group is null)
            return "no group";
        if (kind != RequestKind.Accepted)
            ReportViolation($"{path} has no group", $"group {group.Sequence}");
        await foreach (var frame in group.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
        {
            var content = Encoding.ASCII.GetString(frame.Payload);
            if (!_served.Contains((path, content)))
                ReportViolation($"{path} has the frame that was written", content);
            return content;
        }

        return "an empty group";
    }

    private void ReportViolation(string expected, string seen) =>
        world.Log.ReportViolation(ManagerInvariants.RequestsAreAnswered, expected, seen);
}
