using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Reads one group by a subscription that consists of this group alone, because moq-lite-03 and 04 have no FETCH that peers answer.
/// </summary>
internal static class SubscribedGroup
{
    /// <returns>The group, when it has begun to arrive.</returns>
    /// <exception cref="MoqStreamException">
    /// The publisher does not keep the group any more, or did not begin to send it in time. The version of the protocol has no way to tell
    /// that a group does not exist.
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
                + $"{connection.Limits.SubscribeAnswer}. It may not have the group; its version of the protocol cannot tell.");
        }
    }

    private static void ThrowIfMissing(TrackState track, ulong sequence)
    {
        lock (track.Gate)
        {
            // A publisher that does not tell where the subscription begins may not know it yet: it relays the track.
            if (track.Sequences.First > sequence || track.Sequences.IsSettled(sequence, sequence))
            {
                throw new MoqStreamException(
                    MoqErrorCode.Evicted, $"The publisher no longer keeps group {sequence} of track '{track.Name}'.", isRemote: true);
            }
        }
    }
}
