namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Fetches single groups of a front, and the properties of its tracks: from the best source, and from the others in turn if it does not
/// deliver them; after a source without capacity, from one other. A source that leads through the peer that asks is not used. The answer
/// of a source that was withdrawn before it has answered is not used either: it comes from what has the name now, which may have other
/// content.
/// </summary>
internal sealed class FrontFetcher(IBroadcastFront front) : IGroupFetcher
{
    public ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, Requester? peer, CancellationToken cancellationToken) =>
        AskAsync(
            $"group {sequence} of track '{track}'",
            peer,
            source => source.Fetcher!.FetchAsync(track, sequence, options, peer, cancellationToken));

    public ValueTask<TrackProperties?> PropertiesAsync(string track, Requester? peer, CancellationToken cancellationToken) =>
        AskAsync($"track '{track}'", peer, source => source.Fetcher!.PropertiesAsync(track, peer, cancellationToken));

    private async ValueTask<T> AskAsync<T>(string what, Requester? peer, Func<BroadcastProducer, ValueTask<T>> ask)
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
                var answer = await ask(source).ConfigureAwait(false);
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
}
