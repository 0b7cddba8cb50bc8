using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Reads a group stream: its header, and then its frames into the group. An instance is reused for one stream after another.
/// </summary>
internal sealed class GroupStreamReader
{
    /// <summary>
    /// The largest frame, in bytes, that is read through the buffer. Larger frames are read directly into their own memory.
    /// </summary>
    private const int LargestBuffered = ReadAheadBuffer.Size / 2;

    private const int LargeFrame = 1 << 10;

    private readonly ReadAheadBuffer _buffer = new();
    private readonly FrameAssembly _frame = new();
    private IReceiveStream _stream = null!;
    private MoqVersion _version;
    private int _lastFrame;
    private int _framesToSkip;
    private ulong _timestamp;

    /// <summary>Gets the bytes that were read but not consumed.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.Unread;

    /// <summary>Prepares the reader for a new stream.</summary>
    public void Begin(IReceiveStream stream, MoqVersion version) =>
        (_stream, _version, _lastFrame, _framesToSkip, _timestamp) = (stream, version, 0, 0, 0);

    /// <summary>Marks bytes as consumed.</summary>
    public void Use(int count) => _buffer.Use(count);

    /// <summary>Skips the first frames, because another stream has already delivered them.</summary>
    public void SkipFrames(int count) => _framesToSkip = count;

    /// <summary>Gets the number of frames that are still to be skipped.</summary>
    public int FramesToSkip => _framesToSkip;

    /// <summary>Returns the memory of a partially received frame.</summary>
    public void AbandonFrame() => _frame.Abandon();

    /// <summary>Ends the use of the current stream and releases the buffer memory.</summary>
    public void End() => _buffer.Clear();

    /// <summary>
    /// Reads the next frame. The loops are inlined, without a separate asynchronous method for each kind of wait, because every frame
    /// of every group passes through this method.
    /// </summary>
    /// <returns>False at the end of the group.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> TakeFrameAsync(GroupProducer group)
    {
        long delta;
        ulong length;
        int consumed;
        while (!FrameHeader.TryRead(_buffer.Unread, _version, out delta, out length, out consumed))
        {
            // After a large frame only a header is read ahead, so that the next payload is read directly into its own memory.
            var most = _lastFrame > LargestBuffered ? FrameHeader.MaxSize : ReadAheadBuffer.Size;
            if (!Took(await ReadAheadAsync(most).ConfigureAwait(false), FrameHeader.Name))
                return false;
        }

        _buffer.Use(consumed);
        var size = _lastFrame = (int)length;
        if (_version.HasTrackInfo)
            _timestamp = TimestampDelta.Apply(_timestamp, delta);
        if (size <= LargestBuffered)
        {
            while (_buffer.Count < size)
            {
                if (!Took(await ReadAheadAsync().ConfigureAwait(false), "payload"))
                    throw WrongSize(size, 0);
            }

            if (_framesToSkip > 0)
                _framesToSkip--;
            else
                group.WriteNow(_buffer.Unread[..size], TimestampIn(group));
            _buffer.Use(size);
            return true;
        }

        if (_framesToSkip > 0)
        {
            await SkipAsync(size).ConfigureAwait(false);
            _framesToSkip--;
            return true;
        }

        _frame.Begin(group, size, TimestampIn(group));
        TakeBuffered();
        while (_frame.Missing > 0)
        {
            var count = await _stream.ReadAsync(_frame.Room).ConfigureAwait(false);
            if (count == 0)
                throw WrongSize(size, size - _frame.Missing);
            _frame.Advance(count);
        }

        _frame.Commit();
        return true;
    }

    private long TimestampIn(GroupProducer group) => _version.HasTrackInfo ? (long)_timestamp : group.Track.Now;

    /// <summary>Skips a large frame that another stream has already delivered.</summary>
    private async ValueTask SkipAsync(int size)
    {
        for (var missing = size; missing > 0;)
        {
            if (_buffer.Count == 0 && !Took(await ReadAheadAsync(missing).ConfigureAwait(false), "payload"))
                throw WrongSize(size, size - missing);
            var count = Math.Min(missing, _buffer.Count);
            _buffer.Use(count);
            missing -= count;
        }
    }

    /// <summary>Copies the bytes that were read ahead into the current frame.</summary>
    private void TakeBuffered()
    {
        while (_buffer.Count > 0 && _frame.Missing > 0)
        {
            var room = _frame.Room;
            var count = Math.Min(_buffer.Count, room.Length);
            _buffer.Unread[..count].CopyTo(room.Span);
            _buffer.Use(count);
            _frame.Advance(count);
        }
    }

    /// <summary>Reads more bytes into the buffer. The caller must pass the result to <see cref="Took"/>.</summary>
    public ValueTask<int> ReadAheadAsync(int most = ReadAheadBuffer.Size, CancellationToken cancellationToken = default) =>
        _stream.ReadAsync(_buffer.Room(most, isLarge: _lastFrame > LargeFrame), cancellationToken);

    /// <summary>Adds the bytes of a completed read to the buffer.</summary>
    /// <returns>False at the end of the stream if no unconsumed byte is left.</returns>
    public bool Took(int count, string what)
    {
        _buffer.Add(count);
        if (count > 0)
            return true;
        return _buffer.Count == 0 ? false : throw new MoqProtocolException(
            MoqErrorCode.WrongSize, $"The peer ended the stream inside a {what}, after {_buffer.Count} bytes of it.");
    }

    private static MoqProtocolException WrongSize(int size, int received) =>
        new(MoqErrorCode.WrongSize, $"The peer ended the stream inside a frame of {size} bytes, after {received} of them.");
}
