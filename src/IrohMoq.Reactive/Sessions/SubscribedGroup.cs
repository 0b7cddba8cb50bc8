using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Reads one group by a subscription that consists of this group alone, because moq-lite-03 and 04 have no FETCH that peers answer.
/// </summary>
internal static class SubscribedGroup
{
    /// <returns>The group, when it has begun to arrive.</returns>
    /// <exception cref="MoqStreamException">
    /// The publisher does not have the group. Of a publisher that does not tell where the subscription begins, this is known only after a
    /// time limit.
    /// </exception>
    public static async ValueTask<GroupConsumer> ReadAsync(
        MoqConnection connection,
        BroadcastPath path,
        BroadcastProducer broadcast,
        string name,
        ulong sequence,
        FetchOptions options,
        CancellationToken cancellationToken)
    {
        var track = broadcast.NewFetchedTrack(name);
        var subscriber = new TrackSubscriber(connection, path, broadcast, track);
        using var cursor = track.OpenCursor(
            new SubscribeOptions { Priority = options.Priority, Start = GroupStart.From(sequence), End = sequence });
        connection.Watch(subscriber.RunAsync());
        using var limit = connection.Runtime.Limit(connection.Limits.SubscribeAnswer, cancellationToken);
        try
        {
            while (true)
            {
                if (new KeptGroups(track.State).TryRead(sequence, options, out var group))
                    return group;
                ThrowIfMissing(track.State, sequence);
                if (cursor.IsOver(out var failure))
                    throw failure ?? new KeptGroups(track.State).Missing(sequence);
                await cursor.ChangedAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            throw new MoqStreamException(
                MoqErrorCode.Timeout,
                $"The publisher did not begin to send group {sequence} of track '{name}' of '{path}' within "
                + $"{connection.Limits.SubscribeAnswer}. It may not keep the group any more; its version of the protocol cannot tell.");
        }
    }

    private static void ThrowIfMissing(TrackState track, ulong sequence)
    {
        lock (track.Gate)
        {
            var begins = track.Sequences.First;
            // A publisher that has described the track has also told with which of its groups the subscription begins, if it has one.
            if (track.Sequences.IsSettled(sequence, sequence)
                || (track.Received is { IsAnswered: true, IsDescribed: true } && !(begins <= sequence)))
            {
                throw begins > sequence || track.Sequences.IsSettled(sequence, sequence)
                    ? new MoqStreamException(
                        MoqErrorCode.Evicted, $"The publisher no longer keeps group {sequence} of track '{track.Name}'.", isRemote: true)
                    : new MoqStreamException(
                        MoqErrorCode.NotFound, $"The publisher has no group {sequence} of track '{track.Name}'.", isRemote: true);
            }
        }
    }
}
