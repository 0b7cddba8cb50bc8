namespace IrohMoq.Reactive.Connections;

/// <summary>Fetches single groups of a front: from the best source, and from the others in turn if it does not deliver the group.</summary>
internal sealed class FrontFetcher(BroadcastFront front) : IGroupFetcher
{
    public async ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, CancellationToken cancellationToken)
    {
        var tried = new List<BroadcastProducer>();
        MoqException? refusal = null;
        while (front.Find(tried) is { } source)
        {
            tried.Add(source.Broadcast);
            try
            {
                return await source.Broadcast.Fetcher!.FetchAsync(track, sequence, options, cancellationToken).ConfigureAwait(false);
            }
            catch (MoqException failure)
            {
                refusal = failure;
            }
        }

        throw refusal ?? new MoqStreamException(
            MoqErrorCode.Closed, $"No peer that has the broadcast can be asked for group {sequence} of track '{track}'. Try again later.");
    }
}
