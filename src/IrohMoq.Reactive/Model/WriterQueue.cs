using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The writers of a lossless track that wait for room, first come, first served. A reader that takes nothing for too long while they wait
/// is cut off. On a live track no writer waits.
/// </summary>
internal sealed class WriterQueue(TrackState track, TrackReaders readers) : IDisposable
{
    private readonly LinkedList<Writer> _waiting = [];
    private ITimer? _patience;

    /// <summary>Gets a value indicating whether a writer waits. Under the track's lock.</summary>
    public bool IsAny => _waiting.Count > 0;

    // A writer that waits goes on once an eighth is free: waking it for each frame that is read costs more than writing the frame.
    private long WakeBytes => track.Options.MaxCachedBytes - (track.Options.MaxCachedBytes / 8);

    private long WakeGroups => track.Options.MaxCachedGroups - (track.Options.MaxCachedGroups / 8);

    /// <summary>
    /// Determines whether a frame of this group, or for null another group, need not wait. Writers that wait already go first. Under the
    /// track's lock.
    /// </summary>
    public bool MayWrite(GroupProducer? group) =>
        IsWriteOver(group) || (!IsAny && HasRoom(track.Options.MaxCachedBytes, track.Options.MaxCachedGroups, group));

    /// <summary>Throws if a synchronous write would have to wait. Under the track's lock.</summary>
    /// <param name="group">The group that a frame is for, or null for another group.</param>
    /// <param name="instead">The name of the method that waits.</param>
    public void ThrowIfNoRoom(GroupProducer? group, string instead)
    {
        if (MayWrite(group))
            return;
        throw new InvalidOperationException(
            $"Track '{track.Name}' is lossless and its readers have left no room: a synchronous call cannot wait for it. Use {instead}.");
    }

    /// <summary>Waits until the slowest reader has made room for a frame of this group, or for null for another group.</summary>
    public ValueTask WaitForRoomAsync(GroupProducer? group, CancellationToken cancellationToken)
    {
        lock (track.Gate)
        {
            if (MayWrite(group))
                return default;
        }

        return WaitAsync(group, cancellationToken);
    }

    /// <summary>A reader has read on. Under the track's lock.</summary>
    /// <param name="before">The memory, in bytes, that it had not read before.</param>
    /// <param name="after">The memory, in bytes, that it has not read now.</param>
    public void OnProgress(long before, long after)
    {
        // Only the step over the edge can be what the writer waits for.
        if ((before >= WakeBytes && after < WakeBytes) || after == 0)
            WakeFirst();
    }

    /// <summary>Wakes the first writer: there may be room. Under the track's lock.</summary>
    public void WakeFirst() => _waiting.First?.Value.Room.Set();

    /// <summary>Wakes every writer of a group, or of the track. Under the track's lock.</summary>
    public void WakeAll(GroupProducer? group = null)
    {
        foreach (var writer in _waiting)
        {
            if (group is null || writer.Group == group)
                writer.Room.Set();
        }
    }

    /// <summary>Wakes every writer: the track is over. Under the track's lock.</summary>
    public void Dispose()
    {
        _patience?.Dispose();
        WakeAll();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(GroupProducer? group, CancellationToken cancellationToken)
    {
        var room = track.Signals.Rent();
        var writer = new LinkedListNode<Writer>(new Writer(group, room));
        lock (track.Gate)
            _waiting.AddLast(writer);
        try
        {
            while (!TryGoOn(writer))
                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (track.Gate)
            {
                if (writer.List is not null)
                    _waiting.Remove(writer);
                // The next one may go on as well, also where this one has given up.
                WakeFirst();
            }

            track.Signals.Return(room);
        }
    }

    private bool TryGoOn(LinkedListNode<Writer> writer)
    {
        lock (track.Gate)
        {
            // A write that can only fail does not wait.
            if (IsWriteOver(writer.Value.Group))
                return true;
            // The writers before it wait for readers that wait for this very group.
            if (_waiting.First != writer)
                return writer.Value.Group is { Readers.IsAnyWaiting: true } group && HasRoom(WakeBytes, WakeGroups, group);
            TimeSpan patience;
            do
            {
                if (HasRoom(WakeBytes, WakeGroups, writer.Value.Group))
                    return true;
            }
            while (CutOffLate(out patience));

            // One timer for all writers: when it is due, the first one looks for late readers again.
            _patience ??= track.Runtime.CreateTimer(
                static queue => ((WriterQueue)queue!).OnPatienceOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _patience.Change(patience, Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    /// <summary>Determines whether a write can only fail.</summary>
    private bool IsWriteOver(GroupProducer? group) => track.End is not null || group is { IsOpen: false };

    /// <param name="bytes">The memory that a reader may have to read.</param>
    /// <param name="groups">The number of groups that a reader may have to read before another one may be begun.</param>
    /// <param name="group">The group that a frame is for, or null for another group.</param>
    private bool HasRoom(long bytes, long groups, GroupProducer? group)
    {
        var options = track.Options;
        if (!options.Lossless)
            return true;
        if (readers.Count > 0)
            return readers.LeaveRoom(bytes, group is null ? groups : long.MaxValue, group);
        return options.DropsWithoutReaders
            || (track.Cache.Bytes < options.MaxCachedBytes && (group is not null || track.Cache.Count < options.MaxCachedGroups));
    }

    private bool CutOffLate(out TimeSpan patience)
    {
        if (!readers.CutOffLate(out patience))
            return false;
        track.TrimAndWake();
        return true;
    }

    private void OnPatienceOver()
    {
        lock (track.Gate)
            WakeFirst();
    }

    private readonly record struct Writer(GroupProducer? Group, Signal Room);
}
