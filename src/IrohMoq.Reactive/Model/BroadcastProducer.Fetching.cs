namespace IrohMoq.Reactive;

/// <content>Provides single groups of the tracks, from the cache or from the peer that has announced the broadcast.</content>
public sealed partial class BroadcastProducer
{
    /// <summary>
    /// Gets or sets the source of groups that are not kept, or null if the broadcast is local. It is set before the broadcast is published.
    /// </summary>
    internal IGroupFetcher? Fetcher { get; set; }

    /// <summary>Returns one group of a track, for a peer or, if that is null, for this process.</summary>
    internal ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, IReadingPeer? peer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, TrackProducer.MaxSequence);
        var local = Find(track)?.State;
        if (local is not null && new KeptGroups(local).TryRead(sequence, options, out var group))
            return new(group);
        if (Fetcher is { } fetcher)
            return fetcher.FetchAsync(track, sequence, options, peer, cancellationToken);
        throw local is not null ? new KeptGroups(local).Missing(sequence) : NoTrack(track);
    }

    /// <summary>Waits until a track has a group, and returns the newest one.</summary>
    internal async ValueTask<GroupConsumer> FetchLatestAsync(string track, FetchOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var cursor = OpenCursor(track, new SubscribeOptions { Priority = options.Priority });
        do
        {
            while (cursor.TryNext(out var next))
            {
                using (next)
                {
                    if (new KeptGroups(cursor.Track).TryRead(next.Sequence, options, out var group))
                        return group;
                }
            }
        }
        while (await cursor.WaitAsync(cancellationToken).ConfigureAwait(false));

        throw new MoqStreamException(MoqErrorCode.NotFound, $"Track '{track}' has ended, and keeps no group.");
    }

    /// <summary>Creates a track that receives one group, and is not among the tracks of the broadcast.</summary>
    internal TrackProducer NewFetchedTrack(string name) => new(name, RequestedTrackOptions, _runtime, _pool, epoch: _epoch);

    private static MoqStreamException NoTrack(string name) => new(
        MoqErrorCode.NotFound,
        $"The broadcast has no track '{name}'. Check its name; a publisher creates it before it publishes the broadcast.");
}
