using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Writes one group: frames in order, then its end. A group that is disposed unfinished is aborted, not ended. Safe for any thread, one writer at a time.
/// </summary>
public sealed class GroupProducer : IDisposable
{
    /// <summary>The largest frame, in bytes: 32 MiB. Peers refuse larger ones.</summary>
    public const int MaxFrameSize = 32 << 20;

    /// <summary>The most payload that one group holds, in bytes: 32 MiB. Begin a new group before that.</summary>
    public const long MaxGroupSize = 32L << 20;

    /// <summary>The most frames that one group holds, also if they are empty: 1,048,576. Begin a new group before that.</summary>
    public const int MaxFrames = 1 << 20;

    private FrameAssembly _assembly;
    private FrameList _frames = new();
    private GroupReaders _readers;
    private IGroupSource? _source;
    private int _partial;
    private bool _isPartialCounted = true;
    // Readers of the track that go on without this group although it may still get frames.
    private List<TrackCursor>? _left;
    private bool _isCached = true;

    internal GroupProducer(TrackProducer track, ulong sequence, long createdAt)
    {
        Track = track;
        Sequence = sequence;
        CreatedAt = createdAt;
    }

    /// <summary>The group's number in its track.</summary>
    public ulong Sequence { get; }

    internal TrackProducer Track { get; }

    internal Lock Gate => Track.Gate;

    internal long CreatedAt { get; }

    /// <summary>Its place in the track's cache.</summary>
    internal long Index { get; set; }

    internal int FrameCount => _frames.Count;

    internal long Bytes => _frames.Bytes;

    /// <summary>What it counts in the track's cache.</summary>
    internal long Cost => GroupCache.GroupCost + _frames.Cost;

    /// <summary>The memory that it holds, with what has come of a frame. Under the lock.</summary>
    internal long Memory => Cost + _partial;

    /// <summary>What a reader that begins it has to read: nothing once its memory was given back. Under the lock.</summary>
    internal long UnreadCost => _frames.IsReleased ? 0 : Cost;

    /// <summary>True once its memory was given back. Under the lock.</summary>
    internal bool IsReleased => _frames.IsReleased;

    internal bool IsFinished { get; private set; }

    internal MoqErrorCode? AbortCode { get; private set; }

    internal bool IsAbortedByPeer { get; private set; }

    internal bool IsOpen => !IsFinished && AbortCode is null;

    /// <summary>True while somebody reads it. Under the lock.</summary>
    internal bool HasReaders => _readers.IsAny;

    /// <summary>How many readers are kept that go on without it. Under the lock.</summary>
    internal int LeftBy => _left?.Count ?? 0;

    /// <summary>True while a reader waits for more of it. Under the lock.</summary>
    internal bool IsAwaited
    {
        get
        {
            for (var i = 0; i < _readers.Count; i++)
            {
                if (_readers[i].IsWaiting)
                    return true;
            }

            return false;
        }
    }

    /// <summary>True while the reader that has read most of the track is in the middle of it. Under the lock.</summary>
    internal bool IsReadByForemost => _readers.IsAny && Track.Readers.AreMeasured && Track.Readers.Foremost is { } foremost && ReaderOf(foremost) is { IsBegun: true };

    /// <summary>True if it may not be dropped while the foremost reader reads it, however large it is: it waits for more of it, or cannot go on without it. Under the lock.</summary>
    internal bool MustStay => Track.IsWhole || IsAwaited;

    /// <summary>Writes a frame at once, with one copy. On a live track old groups make room; on a lossless one use <see cref="WriteAsync"/>, which waits for room.</summary>
    /// <param name="payload">The payload, 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <exception cref="InvalidOperationException">The track is lossless and its slowest reader has left no room: the write would have to wait.</exception>
    /// <exception cref="MoqStreamException">The group is over, its frame or the group would be too large; the code tells.</exception>
    public void Write(ReadOnlySpan<byte> payload)
    {
        if (Track.Options.Lossless)
        {
            lock (Gate)
            {
                if (!Track.MayWrite(this))
                    throw new InvalidOperationException($"Track '{Track.Name}' is lossless and its readers have left no room: a synchronous Write cannot wait for it. Use {nameof(WriteAsync)}.");
            }
        }

        WriteNow(payload);
    }

    private void WriteNow(ReadOnlySpan<byte> payload)
    {
        FrameList.ThrowIfTooLarge(payload.Length);
        if (!FrameList.IsSmall(payload.Length))
        {
            var block = Track.Pool.Rent(payload.Length);
            payload.CopyTo(block.Span);
            Commit(new BlockSlice(block, 0, payload.Length));
            return;
        }

        lock (Gate)
        {
            ThrowIfOver();
            _frames.ThrowIfFull(payload.Length);
            OnFrameCame(_frames.AddCopy(Track.Pool, payload));
        }
    }

    /// <summary>Writes a frame with one copy, on a lossless track after waiting until the slowest reader has made room.</summary>
    /// <param name="payload">The payload, 0 bytes to <see cref="MaxFrameSize"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the frame is not written.</param>
    /// <exception cref="MoqStreamException">The group is over, its frame or the group would be too large; the code tells.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        try
        {
            FrameList.ThrowIfTooLarge(payload.Length);
            var room = WaitForRoomAsync(cancellationToken);
            if (!room.IsCompletedSuccessfully)
                return WriteAfterAsync(room, payload);
            WriteNow(payload.Span);
            return default;
        }
        catch (MoqStreamException failure)
        {
            return ValueTask.FromException(failure);
        }
    }

    /// <summary>Ends the group after what is written. Again changes nothing.</summary>
    /// <exception cref="MoqStreamException">The group was aborted; the code tells.</exception>
    public void Finish()
    {
        lock (Gate)
        {
            if (IsFinished)
                return;
            ThrowIfOver();
            IsFinished = true;
            Close();
        }
    }

    /// <summary>Gives the group up: readers get the code unless they have read all there was, and nothing more is kept. Changes nothing on a group that is over.</summary>
    /// <param name="code">What readers are told.</param>
    public void Abort(MoqErrorCode code) => Abort(code, isRemote: false);

    /// <summary>Aborts the group unless it is finished: one that is merely forgotten is <see cref="MoqErrorCode.Dropped"/>.</summary>
    public void Dispose() => Abort(MoqErrorCode.Dropped);

    internal void Abort(MoqErrorCode code, bool isRemote)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return;
            BreakOff(code, isRemote);
            ReleaseFrames(code);
        }
    }

    /// <summary>Ends the group after the frames it has, with a code: what arrived whole can be read, then the code is told. Changes nothing on a group that is over.</summary>
    internal void BreakOff(MoqErrorCode code, bool isRemote)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return;
            AbortCode = code;
            IsAbortedByPeer = isRemote;
            Close(code);
        }
    }

    /// <summary>Where the bytes of a group come from that is received: told once if nobody wants the rest.</summary>
    /// <returns>False if the group is over already.</returns>
    internal bool TrySetSource(IGroupSource source)
    {
        lock (Gate)
        {
            if (!IsOpen)
                return false;
            _source = source;
            // Who waits has said so before there was this source.
            if (IsAwaited)
                Track.OnStarving(this);
            return true;
        }
    }

    /// <summary>A reader waits for more of the group. Under the lock.</summary>
    internal void AdmitMore() => _source?.Admit();

    /// <summary>No reader waits for more of the group any more. Under the lock.</summary>
    internal void WithholdMore() => _source?.Withhold();

    /// <summary>The source has nothing more to bring.</summary>
    internal void ClearSource()
    {
        lock (Gate)
            _source = null;
    }

    /// <summary>Drops the group because it is too old or memory is short. Readers that have not read it whole get the code. Under the lock.</summary>
    internal void Drop(MoqErrorCode code)
    {
        Track.Cache.Remove(this);
        _isCached = false;
        var wasOpen = IsOpen;
        AbortCode ??= code;
        if (wasOpen)
            Close(code);
        // What has come of a frame goes when its source takes notice, but does not count any more.
        Track.OnPartial(this, -_partial);
        _partial = 0;
        _isPartialCounted = false;
        Track.CutLosslessReadersOf(this);
        foreach (var cursor in Track.Readers)
        {
            if (!cursor.HasPassed(Index))
                cursor.OnDropped(this);
        }

        ReleaseFrames(code);
    }

    /// <summary>Drops the group because everybody who reads the track has passed it; those who read it now still can. Under the lock.</summary>
    internal void Forget()
    {
        _isCached = false;
        if (IsOpen && !HasReaders && _source is not null)
        {
            AbortCode = MoqErrorCode.Cancel;
            Close(MoqErrorCode.Cancel);
        }

        ReleaseIfUnheld();
    }

    internal GroupConsumer Attach(TrackCursor? cursor)
    {
        var reader = new GroupConsumer(this, cursor) { IsHeldUntilDisposed = cursor is { IsForPeer: true } };
        _readers.Add(reader);
        return reader;
    }

    /// <summary>Under the lock.</summary>
    internal void Detach(GroupConsumer reader)
    {
        _readers.Remove(reader);
        ReleaseIfUnheld();
        if (_isCached)
            Track.OnPassed(this);
    }

    /// <summary>A reader of the track goes on without this group, which may still get frames: they are as good as read by it. Once for each reader. Under the lock.</summary>
    internal void OnLeft(TrackCursor cursor)
    {
        if (!IsOpen || !Track.Readers.AreMeasured)
            return;
        _left ??= [];
        // A group may last for hours, and readers come and go.
        if (_left.Count > 16 + (2 * Track.Readers.Count))
            _left.RemoveAll(static reader => reader.IsGone);
        _left.Add(cursor);
    }

    /// <summary>What the track's reader has taken of this group and not given back, or null. Under the lock.</summary>
    internal GroupConsumer? ReaderOf(TrackCursor cursor) => _readers.Of(cursor);

    /// <summary>Under the lock.</summary>
    internal bool TryGetFrame(int index, out BlockSlice slice) => _frames.TryGet(index, out slice);

    /// <summary>On a lossless track: waits until the slowest reader has made room.</summary>
    internal ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        if (!Track.Options.Lossless)
            return default;
        lock (Gate)
        {
            if (Track.MayWrite(this))
                return default;
        }

        return Track.WaitForRoomAsync(this, cancellationToken);
    }

    /// <summary>Begins a frame whose payload comes piece by piece. Memory grows with what comes, not with what was promised.</summary>
    internal void BeginFrame(int size)
    {
        FrameList.ThrowIfTooLarge(size);
        lock (Gate)
        {
            _frames.ThrowIfFull(size);
            _assembly.Begin(Track.Pool, size);
            CountPartial();
        }
    }

    /// <summary>How many bytes of the begun frame are missing.</summary>
    internal int FrameMissing => _assembly.Missing;

    /// <summary>Where the next bytes of the begun frame go: at least one, at most as many as are missing.</summary>
    internal Memory<byte> FrameRoom
    {
        get
        {
            var room = _assembly.Room(Track.Pool);
            if (_assembly.Held != _partial)
            {
                lock (Gate)
                    CountPartial();
            }

            return room;
        }
    }

    /// <summary>Counts bytes that were put into <see cref="FrameRoom"/>, which has room for them.</summary>
    internal void AdvanceFrame(int count) => _assembly.Advance(count);

    /// <summary>Writes the begun frame, which must be whole.</summary>
    internal void CommitFrame()
    {
        var slice = _assembly.Take();
        Commit(slice);
    }

    /// <summary>Gives the memory of a begun frame back, if there is one.</summary>
    internal void AbandonFrame()
    {
        _assembly.Abandon();
        lock (Gate)
            CountPartial();
    }

    private void CountPartial()
    {
        if (!_isPartialCounted || _assembly.Held == _partial)
            return;
        var difference = _assembly.Held - _partial;
        _partial = _assembly.Held;
        // What has come counts, and not what a peer says that will.
        Track.LargestFrame = Math.Max(Track.LargestFrame, _partial);
        Track.OnPartial(this, difference);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAfterAsync(ValueTask room, ReadOnlyMemory<byte> payload)
    {
        await room.ConfigureAwait(false);
        WriteNow(payload.Span);
    }

    private void Commit(BlockSlice slice)
    {
        lock (Gate)
        {
            try
            {
                ThrowIfOver();
                _frames.ThrowIfFull(slice.Length);
            }
            catch
            {
                slice.Block.Release();
                throw;
            }
            finally
            {
                CountPartial();
            }

            OnFrameCame(_frames.Add(slice));
        }
    }

    private void OnFrameCame(long cost)
    {
        if (cost == 0)
            return;
        _readers.Wake();
        Track.OnWritten(this, cost);
        if (_left is null)
            return;
        foreach (var cursor in _left)
        {
            if (!cursor.IsGone)
                cursor.OnRead(cost);
        }
    }

    private void ThrowIfOver()
    {
        if (AbortCode is { } code)
            throw new MoqStreamException(code, $"Group {Sequence} of track '{Track.Name}' is over, with code {code}. Begin a new group.", IsAbortedByPeer);
        if (IsFinished)
            throw new MoqStreamException(MoqErrorCode.Closed, $"Group {Sequence} of track '{Track.Name}' is finished. Begin a new group.");
    }

    private void Close(MoqErrorCode? stop = null)
    {
        _frames.Close();
        _readers.Wake();
        if (stop is { } code)
            _source?.Stop(code);
        _source = null;
        _left = null;
        Track.OnGroupOver(this);
    }

    private void ReleaseIfUnheld()
    {
        if (!_isCached && !HasReaders)
            ReleaseFrames(null);
    }

    /// <param name="code">What those are told who have not read it all, or null if there is nobody.</param>
    private void ReleaseFrames(MoqErrorCode? code)
    {
        if (_frames.IsReleased)
            return;
        var cost = Cost;
        if (code is { } reason)
        {
            foreach (var cursor in Track.Readers)
            {
                if (!cursor.HasPassed(Index))
                    cursor.OnRead(cost);
            }

            for (var i = _readers.Count - 1; i >= 0; i--)
            {
                _readers[i].OnReleased();
                _readers[i].Watcher?.OnDropped(reason);
            }

            // The last of them has given it back meanwhile, and so the memory.
            if (_frames.IsReleased)
                return;
        }

        // Whoever was told has given the group back, and with it its memory.
        if (_frames.IsReleased)
            return;
        _frames.Release();
        Track.OnReleased(cost);
    }
}
