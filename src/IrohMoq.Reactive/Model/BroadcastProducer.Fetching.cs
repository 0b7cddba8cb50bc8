using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <content>Provides single groups of the tracks, from the cache or from the peer that has announced the broadcast.</content>
public sealed partial class BroadcastProducer
{
    /// <summary>The maximum time that a fetch waits for a track that it has requested, and for its group.</summary>
    private static readonly TimeSpan DemandLimit = TimeSpan.FromSeconds(10);

    /// <summary>Returns one group of a track.</summary>
    /// <param name="track">The name of the track.</param>
    /// <param name="sequence">The number of the group.</param>
    /// <param name="options">The options of the request.</param>
    /// <param name="requester">The peer that asks, or null for this process.</param>
    /// <param name="cancellationToken">The token that withdraws the request.</param>
    internal ValueTask<GroupConsumer> FetchAsync(
        string track, ulong sequence, FetchOptions options, Requester? requester, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, TrackProducer.MaxSequence);
        var local = Find(track)?.State;
        if (local is not null && new KeptGroups(local).TryRead(sequence, options, out var group))
            return new(group);
        if (Provider is { } provider)
            return provider.FetchAsync(track, sequence, options, requester, cancellationToken);
        if (IsAwaited(track, sequence))
            return FetchOnDemandAsync(track, sequence, options, requester, cancellationToken);
        throw local is not null ? new KeptGroups(local).Missing(sequence) : NoTrack(track);
    }

    /// <summary>
    /// Requests a track that does not exist, or waits for one that is requested or reserved already, until it has the group. Whoever
    /// provides the track sees a reader, as of a subscription, until the group is there.
    /// </summary>
    private async ValueTask<GroupConsumer> FetchOnDemandAsync(
        string track, ulong sequence, FetchOptions options, Requester? requester, CancellationToken cancellationToken)
    {
        var only = new SubscribeOptions { Priority = options.Priority, Start = GroupStart.From(sequence), End = sequence };
        using var cursor = OpenCursor(track, only, peer: null, requester);
        using var limit = _runtime.Limit(DemandLimit, cancellationToken);
        var kept = new KeptGroups(cursor.Track);
        try
        {
            while (true)
            {
                // These are looked at first: the group may be begun meanwhile.
                var isEnded = cursor.IsOver(out var failure) || kept.IsPast(sequence);
                if (kept.TryRead(sequence, options, out var group))
                    return group;
                // A lossless producer waits until its readers have taken what comes before the group.
                while (cursor.TryNext(out var next))
                {
                    using (next)
                    {
                        if (next.Sequence == sequence && kept.TryRead(sequence, options, out group))
                            return group;
                    }
                }

                if (isEnded)
                    throw failure ?? kept.Missing(sequence);
                await cursor.ChangedAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            throw new MoqStreamException(
                MoqErrorCode.Timeout, $"Track '{track}', which was requested, did not have group {sequence} within {DemandLimit}.");
        }
    }

    /// <summary>
    /// Determines whether a group may come if it is waited for: its track is requested or reserved, or can be requested, or it exists
    /// because it was requested and has not had the group. Such a track is often written only while it has a reader.
    /// </summary>
    private bool IsAwaited(string name, ulong sequence)
    {
        lock (_gate)
        {
            if (FindPending(name) is not null)
                return true;
            return _tracks.Find(name) is { } track && !IsRequestedAnew(track)
                ? track.IsOnDemand && !track.IsOver && !new KeptGroups(track.State).IsPast(sequence)
                : _requests is { HasReaders: true };
        }
    }

    /// <summary>Waits until a track has a group, and returns the newest one.</summary>
    internal async ValueTask<GroupConsumer> FetchLatestAsync(string track, FetchOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options.Validate();
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
