using System.Text;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Serves and reads tracks that are created when they are requested. The name of a track says whether its request is accepted, rejected,
/// or ignored until the reader has left.
/// </summary>
internal sealed class OnDemandTracks(ManagerScenario world, PeerOperations operations)
{
    /// <summary>The time that a reader waits at most for the answer of a publisher and for the first group.</summary>
    private TimeSpan Limit => world.Limits.SubscribeAnswer + world.Options.IdleTimeout + (2 * world.Network.ReportDelay);

    /// <summary>Answers the requests of a broadcast until it ends.</summary>
    public Task ServeAsync(SimulatedPeer peer, SimulatedBroadcast broadcast, RequestReader<PendingTrack> requests)
    {
        var name = broadcast.Sent.Name.ToString();
        return world.Pending.RunAsync(peer.Name, "serve requests", name, null, async () =>
        {
            await foreach (var request in requests.ReadAllAsync().ConfigureAwait(false))
            {
                var kind = RequestKind.In(request.Name);
                world.Log.Write(peer.Name, $"request {kind}", $"{request.Name} of {name}");
                var answer = world.Options.RequestAnswer(kind);
                if (answer == RequestKind.Accepted)
                    _ = AnswerAsync(peer, request, broadcast);
                else if (answer == RequestKind.Rejected)
                    request.Reject(RequestKind.Rejection);
            }

            return "the broadcast is over";
        });
    }

    public async Task ReadAsync(SimulatedPeer peer, SimulatedPeer publisher, BroadcastPath name, int value)
    {
        if (peer.Readers.Count >= HarshSettings.MaxReaders
            || await operations.SubscribeAsync(peer, publisher, name).ConfigureAwait(false) is not var (_, broadcast))
            return;
        var kind = RequestKind.Of(value);
        var track = $"{kind}/{value % 2}";
        using var cancellation = new CancellationTokenSource();
        peer.Readers.Add(cancellation);
        await world.Pending.RunAsync(peer.Name, $"request {kind}", $"{track} of {name} of {publisher.Name}", Limit, async () =>
        {
            var patience = kind == RequestKind.Ignored ? RequestKind.Patience : Timeout.InfiniteTimeSpan;
            using var limit = world.Runtime.Limit(patience, cancellation.Token);
            using var reader = broadcast.Track(track).Open();
            try
            {
                using var group = await reader.ReadGroupAsync(limit.Token).ConfigureAwait(false);
                return await ReadAsync(track, name, group, limit.Token).ConfigureAwait(false);
            }
            catch (MoqStreamException failure)
            {
                if (kind != RequestKind.Rejected && failure.Code == RequestKind.Rejection)
                    ReportViolation($"{track} of {name} is {kind}", failure.ToString());
                throw;
            }
        }).ConfigureAwait(false);
        peer.Readers.Remove(cancellation);
    }

    private static byte[] ContentOf(string track, int broadcast) => Encoding.ASCII.GetBytes($"b{broadcast} {track}");

    /// <summary>Writes one group to a track that was requested, and ends the track when its readers have left.</summary>
    private Task AnswerAsync(SimulatedPeer peer, PendingTrack request, SimulatedBroadcast broadcast) =>
        world.Pending.RunAsync(peer.Name, "serve", $"{request.Name} of {broadcast.Sent.Name}", null, async () =>
        {
            using var track = request.Accept();
            using (var group = track.AppendGroup())
            {
                group.Write(ContentOf(request.Name, broadcast.Sent.Number));
                group.Finish();
            }

            await track.WaitForNoSubscriberAsync().ConfigureAwait(false);
            return "its readers have left";
        });

    private async Task<string> ReadAsync(string track, BroadcastPath name, GroupConsumer? group, CancellationToken cancellationToken)
    {
        if (group is null)
            return "no group";
        if (RequestKind.In(track) != RequestKind.Accepted)
            ReportViolation($"{track} of {name} has no group", $"group {group.Sequence}");
        await foreach (var frame in group.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
        {
            var payload = frame.ToArray();
            var isWritten = world.Broadcasts.Any(
                broadcast => broadcast.Sent.Name == name && ContentOf(track, broadcast.Sent.Number).AsSpan().SequenceEqual(payload));
            if (!isWritten)
                ReportViolation($"{track} of {name} has the frame that was written", Encoding.ASCII.GetString(payload));
            return "a group";
        }

        return "an empty group";
    }

    private void ReportViolation(string expected, string seen) =>
        world.Log.ReportViolation(ManagerInvariants.RequestsAreAnswered, expected, seen);
}
