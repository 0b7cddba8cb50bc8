using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Reads a group stream: its header, then its frames into the group. It is used for one stream after another.</summary>
internal sealed class GroupStreamReader
{
    /// <summary>Frames up to this size are taken out of the buffer; larger ones are read straight into their own memory.</summary>
    private const int LargestBuffered = ReadAheadBuffer.Size / 2;

    private const int LargeFrame = 1 << 10;

    private readonly ReadAheadBuffer _buffer = new();
    private readonly FrameAssembly _frame = new();
    private IReceiveStream _stream = null!;
    private MoqVersion _version;
    private int _lastFrame;
    private int _framesToSkip;

    /// <summary>Gets the bytes that were read and not used yet.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.Unread;

    /// <summary>Begins a stream.</summary>
    public void Begin(IReceiveStream stream, MoqVersion version) =>
        (_stream, _version, _lastFrame, _framesToSkip) = (stream, version, 0, 0);

    /// <summary>Counts bytes as used.</summary>
    public void Use(int count) => _buffer.Use(count);

    /// <summary>Skips the first frames, which another stream has brought.</summary>
    public void SkipFrames(int count) => _framesToSkip = count;

    /// <summary>Gives back the memory of a frame that has come in part.</summary>
    public void AbandonFrame() => _frame.Abandon();

    /// <summary>Ends the stream: gives its memory back.</summary>
    public void End() => _buffer.Clear();

    /// <summary>
    /// Takes the next frame. It waits in place, without a method for each kind of wait: every frame of every group passes here.
    /// </summary>
    /// <returns>False at the end of the group.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> TakeFrameAsync(GroupProducer group)
    {
        ulong length;
        int consumed;
        while (!FrameHeader.TryRead(_buffer.Unread, _version, out length, out consumed))
        {
            // After a large frame only a header is read, so that the next payload goes straight to its place.
            var most = _lastFrame > LargestBuffered ? FrameHeader.MaxSize : ReadAheadBuffer.Size;
            if (!Took(await ReadAheadAsync(most).ConfigureAwait(false), FrameHeader.Name))
                return false;
        }

        _buffer.Use(consumed);
        var size = _lastFrame = (int)length;
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
                group.Write(_buffer.Unread[..size]);
            _buffer.Use(size);
            return true;
        }

        if (_framesToSkip > 0)
        {
            await SkipAsync(size).ConfigureAwait(false);
            _framesToSkip--;
            return true;
        }

        _frame.Begin(group, size);
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

    /// <summary>Skips a large frame that another stream has brought.</summary>
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

    /// <summary>Moves what was read ahead into the begun frame.</summary>
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

    /// <summary>Reads more bytes into the buffer. <see cref="Took"/> has to count them.</summary>
    public ValueTask<int> ReadAheadAsync(int most = ReadAheadBuffer.Size) =>
        _stream.ReadAsync(_buffer.Room(most, isLarge: _lastFrame > LargeFrame));

    /// <summary>Counts what was read.</summary>
    /// <returns>False at the end of the stream if nothing is left to use.</returns>
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
