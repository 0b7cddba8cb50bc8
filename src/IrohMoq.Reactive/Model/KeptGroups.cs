using System.Diagnostics.CodeAnalysis;

namespace IrohMoq.Reactive;

/// <summary>
/// Provides single groups of a track by their numbers, as far as the track keeps them. A group that is still written is provided as well.
/// </summary>
internal readonly struct KeptGroups(TrackState track)
{
    /// <summary>Tries to begin to read the group with a number.</summary>
    /// <param name="sequence">The number of the group.</param>
    /// <param name="options">The options of the reader.</param>
    /// <param name="group">The group, which the caller releases.</param>
    /// <returns>
    /// False if the group is not kept, or was not received completely or not from its first frame on; or if its track comes from a peer and
    /// is about to end, because the last reader has left.
    /// </returns>
    /// <exception cref="MoqStreamException">The group has ended before the first requested frame.</exception>
    public bool TryRead(ulong sequence, FetchOptions options, [MaybeNullWhen(false)] out GroupConsumer group)
    {
        lock (track.Gate)
        {
            // A reader that is added now would be too late.
            var isEnding = track.Received is not null && track.IsLeft;
            group = !isEnding && Find(sequence) is { Frames.IsReleased: false, End.Code: null, FirstFrame: 0 } kept
                ? Read(kept, options)
                : null;
            return group is not null;
        }
    }

    /// <summary>Determines whether a group is not waited for, because there is a later one, or it was given up.</summary>
    public bool IsPast(ulong sequence)
    {
        lock (track.Gate)
        {
            return track.Cache.Newest is { } newest
                && (newest.Sequence > sequence || Find(sequence) is { End.Code: not null } or { FirstFrame: > 0 });
        }
    }

    /// <summary>Returns the exception for a group that is not kept.</summary>
    public MoqException Missing(ulong sequence)
    {
        lock (track.Gate)
        {
            if (track.End?.Failure is { } failure)
                return failure();
            var name = $"group {sequence} of track '{track.Name}'";
            if (Find(sequence)?.End.Code is { } code)
                return new MoqStreamException(code, $"The producer has given up {name}, with code {code}.");
            return track.Sequences.IsSettled(sequence, sequence)
                ? new MoqStreamException(
                    MoqErrorCode.Evicted, $"The track no longer keeps {name}. {nameof(TrackOptions)} determines how long it does.")
                : new MoqStreamException(MoqErrorCode.NotFound, $"There is no {name}. A group can be fetched from its beginning on.");
        }
    }

    private GroupProducer? Find(ulong sequence) => track.Cache.Find(sequence);

    private GroupConsumer Read(GroupProducer group, FetchOptions options)
    {
        if (track.Received is not { } received || !group.IsOpen)
        {
            var reader = group.Attach(null, options.LastFrame);
            reader.BeginAt(options.FirstFrame);
            return reader;
        }

        // The stream of a received group is stopped with the last reader of its track, so that this reader must count as one.
        var cursor = new TrackCursor(
            track,
            group.Index,
            new SubscribeOptions { Priority = options.Priority, End = group.Sequence, LastFrame = options.LastFrame },
            peer: null);
        track.Readers.Add(cursor);
        received.Flow.OnDemandChanged();
        cursor.TryNext(out var arriving);
        arriving.Skipped = 0;
        arriving.BeginAt(options.FirstFrame);
        cursor.LeaveWhenRead();
        return arriving;
    }
}
