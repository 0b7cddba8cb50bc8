using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Fetches single groups of a front, and the properties of its tracks: from the best source, and from the others in turn if it does not
/// deliver them; after a source without capacity, from one other. A source that leads through the peer that asks is not used. The answer
/// of a source that was withdrawn before it has answered is not used either: it comes from what has the name now, which may have other
/// content.
/// </summary>
/// <param name="front">The sources.</param>
/// <param name="path">The name of the broadcast: that which the sources announce, or one below it.</param>
internal sealed class FrontFetcher(IBroadcastFront front, BroadcastPath path)
{
    // What was requested below each source. It knows properties of tracks, which would otherwise be asked for again.
    private readonly ConditionalWeakTable<BroadcastProducer, BroadcastConsumer> _below = [];

    public ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, Requester? peer, CancellationToken cancellationToken) =>
        AskAsync(
            $"group {sequence} of track '{track}'",
            peer,
            provider => provider.FetchAsync(track, sequence, options, peer, cancellationToken),
            cancellationToken);

    public ValueTask<TrackProperties?> PropertiesAsync(string track, Requester? peer, CancellationToken cancellationToken) =>
        AskAsync(
            $"track '{track}'", peer, provider => provider.PropertiesAsync(track, peer, cancellationToken), cancellationToken);

    private async ValueTask<T> AskAsync<T>(
        string what, Requester? peer, Func<ITrackProvider, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        Requester[] peers = peer is null ? [] : [peer];
        var tried = new List<BroadcastProducer>();
        MoqException? refusal = null;
        var full = 0;
        while (front.Find(tried, peers) is { Broadcast: var source } && !(peer is not null && front.LeadsThrough(source, peer)))
        {
            tried.Add(source);
            try
            {
                var answer = await ask(await ProviderOfAsync(source, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
                if (source.EndCause != BroadcastEndCause.Withdrawn)
                    return answer;
                (answer as IDisposable)?.Dispose();
                throw new MoqStreamException(
                    MoqErrorCode.NotFound, $"The peer has withdrawn the broadcast before it has answered for {what}.");
            }
            catch (MoqException failure)
            {
                refusal = failure;
                if (failure.Code == MoqErrorCode.NoCapacity && ++full > 1)
                    break;
            }
        }

        throw refusal ?? new MoqStreamException(
            MoqErrorCode.Closed, $"No peer that has the broadcast can be asked for {what}. Try again later.");
    }

    private async ValueTask<ITrackProvider> ProviderOfAsync(BroadcastProducer source, CancellationToken cancellationToken)
    {
        if (path == front.AnnouncedName)
            return source.Provider!;
        if (!_below.TryGetValue(source, out var requested))
        {
            requested = await source.Below!.RequestAsync(path, peer: null, cancellationToken).ConfigureAwait(false);
            _below.AddOrUpdate(source, requested);
        }

        return requested.Producer.Provider!;
    }
}
