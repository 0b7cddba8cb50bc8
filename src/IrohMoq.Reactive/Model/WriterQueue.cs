using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the writers of a lossless track that wait until its readers have made room for a frame or a group, first come, first
/// served. A reader that reads nothing for too long while writers wait is cut off. On a live track no writer waits.
/// </summary>
internal sealed class WriterQueue(TrackState track, TrackReaders readers) : IDisposable
{
    private readonly LinkedList<Writer> _waiting = [];
    private ITimer? _patience;

    /// <summary>Gets a value indicating whether a writer waits. The caller must hold the lock of the track.</summary>
    public bool IsAny => _waiting.Count > 0;

    // A waiting writer continues once an eighth of the cache is free: waking it for each frame that is read costs more than writing the
    // frame.
    private long WakeBytes => track.Options.MaxCachedBytes - (track.Options.MaxCachedBytes / 8);

    private long WakeGroups => track.Options.MaxCachedGroups - (track.Options.MaxCachedGroups / 8);

    /// <summary>
    /// Determines whether a frame of the specified group can be written or, if the group is null, another group can be created, without a
    /// wait. Writers that already wait take precedence. The caller must hold the lock of the track.
    /// </summary>
    public bool MayWrite(GroupProducer? group) =>
        IsWriteOver(group) || (!IsAny && HasRoom(track.Options.MaxCachedBytes, track.Options.MaxCachedGroups, group));

    /// <summary>Throws an exception if a synchronous write would have to wait. The caller must hold the lock of the track.</summary>
    /// <param name="group">The group of the frame to write, or null to create another group.</param>
    /// <param name="instead">The name of the asynchronous method to use instead.</param>
    public void ThrowIfNoRoom(GroupProducer? group, string instead)
    {
        if (MayWrite(group))
            return;
        throw new InvalidOperationException(
            $"Track '{track.Name}' is lossless and its readers have left no room: a synchronous call cannot wait for it. Use {instead}.");
    }

    /// <summary>
    /// Waits until the slowest reader has made room for a frame of the specified group or, if the group is null, for another group.
    /// </summary>
    public ValueTask WaitForRoomAsync(GroupProducer? group, CancellationToken cancellationToken)
    {
        lock (track.Gate)
        {
            if (MayWrite(group))
                return default;
        }

        return WaitAsync(group, cancellationToken);
    }

    /// <summary>Called when a reader has read more. The caller must hold the lock of the track.</summary>
    /// <param name="before">The cost, in bytes, of what the reader had not read before.</param>
    /// <param name="after">The cost, in bytes, of what the reader has not read now.</param>
    public void OnProgress(long before, long after)
    {
        // Only crossing the threshold can be the event for which the writer waits.
        if ((before >= WakeBytes && after < WakeBytes) || after == 0)
            WakeFirst();
    }

    /// <summary>
    /// Wakes the first waiting writer, because there may be room for its frame or group. The caller must hold the lock of the track.
    /// </summary>
    public void WakeFirst() => _waiting.First?.Value.Room.Set();

    /// <summary>
    /// Wakes every waiting writer of the specified group or, if the group is null, of the track. The caller must hold the lock of the
    /// track.
    /// </summary>
    public void WakeAll(GroupProducer? group = null)
    {
        foreach (var writer in _waiting)
        {
            if (group is null || writer.Group == group)
                writer.Room.Set();
        }
    }

    /// <summary>
    /// Wakes every waiting writer and stops the timer, because the track has ended. The caller must hold the lock of the track.
    /// </summary>
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
                // The next writer may be able to continue as well, even if this one was canceled.
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
            // A writer behind others continues if readers wait for its group, because the writers before it may wait for those readers.
            if (_waiting.First != writer)
                return writer.Value.Group is { Readers.IsAnyWaiting: true } group && HasRoom(WakeBytes, WakeGroups, group);
            TimeSpan patience;
            do
            {
                if (HasRoom(WakeBytes, WakeGroups, writer.Value.Group))
                    return true;
            }
            while (CutOffLate(out patience));

            // One timer for all writers: when it is due, the first writer checks for slow readers again.
            _patience ??= track.Runtime.CreateTimer(
                static queue => ((WriterQueue)queue!).OnPatienceOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _patience.Change(patience, Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    /// <summary>Determines whether a write can only fail, because the track or the group has ended.</summary>
    private bool IsWriteOver(GroupProducer? group) => track.End is not null || group is { IsOpen: false };

    /// <param name="bytes">The cost, in bytes, below which the unread data of a reader must be.</param>
    /// <param name="groups">The number below which the unread groups of a reader must be before another group is created.</param>
    /// <param name="group">The group of the frame to write, or null to create another group.</param>
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
