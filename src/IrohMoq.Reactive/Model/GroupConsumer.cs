using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads one group from its first frame. The memory of the group is held until the group is released: when it has been read to its end,
/// when the loop over its frames is left, when the reader of the track reads the next group, or when this object is disposed. Only one
/// caller may read at a time.
/// </summary>
public sealed partial class GroupConsumer : IDisposable
{
    private readonly GroupProducer _group;
    private Signal? _more;
    private BlockSlice _current;
    private int _next;
    private long _taken;
    private long _step;
    private bool _isKept;
    private bool _isGivenBack;
    private bool _ended;

    internal GroupConsumer(GroupProducer group, TrackCursor? cursor)
    {
        _group = group;
        Cursor = cursor;
        _taken = GroupCache.GroupCost;
    }

    /// <summary>Gets the sequence number of the group in its track. Groups may arrive in any order, and numbers may be missing.</summary>
    public ulong Sequence => _group.Sequence;

    /// <summary>
    /// Gets the number of groups that the reader has missed since the previous group that it read, whatever the reason: they were too old
    /// or too many, here or at the publisher, or were reset in transit. In arrival order, a group that was merely overtaken may be
    /// counted and arrive later; it is then subtracted from the next count.
    /// </summary>
    public long Skipped { get; internal set; }

    /// <summary>Gets the reader of the track that has taken the group, or null if there is none.</summary>
    internal TrackCursor? Cursor { get; }

    /// <summary>Gets or sets the position in the list of the readers of the group. The caller must hold the lock of the track.</summary>
    internal int Position { get; set; }

    /// <summary>Gets a value indicating whether the reader waits for more frames. The caller must hold the lock of the track.</summary>
    internal bool IsWaiting => _more is not null;

    /// <summary>Gets a value indicating whether a frame was read or waited for. The caller must hold the lock of the track.</summary>
    internal bool IsBegun => _next > _firstFrame || _offset > 0 || _more is not null;

    /// <summary>Determines whether the group is older than a newer one by more than a time.</summary>
    internal bool IsOlderThan(GroupConsumer newest, TimeSpan latency)
    {
        lock (_group.Gate)
            return _group.Track.IsOlderThan(_group, newest._group, latency);
    }

    /// <summary>
    /// Gets a value indicating whether the group is held until it is disposed, even after all of it was read, because the data that was
    /// read is still being sent.
    /// </summary>
    internal bool IsHeldUntilDisposed { get; init; }

    /// <summary>Gets the number of units per second of the timestamps of the track.</summary>
    internal long Timescale => _group.Track.Timescale;

    /// <summary>Gets the priority that the publisher has given the track.</summary>
    internal byte TrackPriority => _group.Track.Priority;

    /// <summary>Gets the timestamp at which the group was created, from the clock of the track.</summary>
    internal long CreatedAt => _group.CreatedAt;

    /// <summary>
    /// Gets the cost of the group so far, in bytes, which counts against the limits of the track. The caller must hold the lock of the
    /// track.
    /// </summary>
    internal long Cost => _group.Cost;

    /// <summary>
    /// Reads the frames in order, and waits for frames that are not written yet. Each frame is valid until the next one is read. Leaving
    /// the loop in any way releases the group, unless <see cref="Keep"/> was called.
    /// </summary>
    /// <param name="cancellationToken">The token that cancels the reading at the next step.</param>
    /// <exception cref="InvalidOperationException">Another read of the group is pending.</exception>
    /// <exception cref="MoqStreamException">
    /// The group was aborted by its producer, or dropped because this reader was too slow; the code tells which. The track continues.
    /// </exception>
    public IAsyncEnumerable<Frame> ReadFramesAsync(CancellationToken cancellationToken = default) =>
        new FrameReader(this, cancellationToken);

    /// <summary>
    /// Keeps the group when its reader reads the next group or leaves the loop over the frames. The caller must then dispose the group;
    /// until then its memory counts against the share of the reader.
    /// </summary>
    /// <returns>This group.</returns>
    public GroupConsumer Keep()
    {
        _isKept = true;
        return this;
    }

    /// <summary>Releases the group: nothing more can be read from it. A second call has no effect.</summary>
    public void Dispose()
    {
        lock (_group.Gate)
        {
            LetGoOfCurrent();
            _isGivenBack |= !_ended;
            End();
        }
    }

    /// <summary>Releases the group, unless <see cref="Keep"/> was called.</summary>
    internal void LeaveUnlessKept()
    {
        if (!_isKept)
            Dispose();
    }

    internal bool IsAt(long step) => Volatile.Read(ref _step) == step;

    /// <summary>
    /// Tries to read the next frame. The memory of the frame is held until the next call, or until the group is released.
    /// </summary>
    internal bool TryRead(out CachedFrame frame)
    {
        lock (_group.Gate)
        {
            LetGoOfCurrent();
            if (_ended || HasReadLast || !_group.Frames.TryGet(_next, out frame))
            {
                frame = default;
                return false;
            }

            frame.Payload.Block.Retain();
            _current = frame.Payload;
            _next++;
            _offset = 0;
            if (Cursor is not null && _group.Track.Readers.AreMeasured)
            {
                var cost = FrameList.CostOf(frame.Payload);
                _taken += cost;
                Cursor.Progress.Touch();
                Cursor.Progress.OnRead(cost);
            }

            return true;
        }
    }

    /// <summary>Tries to read the next frame as a <see cref="Frame"/>.</summary>
    internal bool TryReadFrame(out Frame frame)
    {
        ReadsPieces = false;
        var isThere = TryRead(out var cached);
        frame = isThere ? new Frame(this, _step, cached) : default;
        return isThere;
    }

    /// <summary>Waits until there is another frame to read.</summary>
    /// <returns>False at the end of the group, which is then released unless it is held until it is disposed.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Signal more;
            lock (_group.Gate)
            {
                if (_cutOff is { } cut)
                {
                    throw new MoqStreamException(
                        cut, $"Group {Sequence} of track '{_group.Track.Name}' no longer serves this reader: code {cut}.");
                }

                if (_isGivenBack)
                {
                    throw new ObjectDisposedException(
                        nameof(GroupConsumer),
                        $"Group {Sequence} of track '{_group.Track.Name}' was given back before it was read to its end: its reader "
                        + $"took the next group, left a loop or disposed it. Keep() it to read on.");
                }

                if (_ended)
                    return false;
                PassHead();
                if (HasNext)
                    return true;
                if (HasReadWhole || HasReadLast || (_group.End.IsFinished && _group.End.Code is null))
                {
                    ThrowIfNotBegun();
                    if (!IsHeldUntilDisposed)
                        End();
                    return false;
                }

                if (_group.End.Code is { } code)
                {
                    End();
                    throw new MoqStreamException(
                        code,
                        $"Group {Sequence} of track '{_group.Track.Name}' ended before its end, with code {code}.",
                        _group.End.IsByPeer);
                }

                if (_more is not null)
                {
                    throw new InvalidOperationException(
                        $"A read of group {Sequence} of track '{_group.Track.Name}' is pending. Await it before the next one.");
                }

                more = _more = _group.Track.Signals.Rent();
                _group.Track.OnStarving(_group);
            }

            try
            {
                await more.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                lock (_group.Gate)
                    _more = null;
                _group.Track.Signals.Return(more);
            }
        }
    }

    /// <summary>Wakes the reader if it waits. The caller must hold the lock of the track.</summary>
    internal void Wake() => _more?.Set();

    private bool HasReadWhole => _group.End.IsFinished && _next == _group.Frames.Count;

    private void End()
    {
        if (_ended)
            return;
        _ended = true;
        _more?.Set();
        if (Cursor is not null)
        {
            var rest = _group.UnreadCost == 0 ? 0 : _group.Cost - _taken;
            _group.OnLeft(Cursor);
            Cursor.Progress.OnRead(rest);
        }

        _group.Detach(this);
        Cursor?.OnGroupEnded();
    }

    private void LetGoOfCurrent()
    {
        Volatile.Write(ref _step, _step + 1);
        _current.Block?.Release();
        _current = default;
    }
}
