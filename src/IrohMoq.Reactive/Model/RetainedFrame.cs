using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a frame whose memory is retained until this object is disposed. Until then the memory counts against the byte budget of
/// frames.
/// </summary>
public sealed class RetainedFrame : IDisposable
{
    private readonly BlockSlice _slice;
    private int _disposed;

    internal RetainedFrame(BlockSlice slice) => _slice = slice;

    /// <summary>Gets the payload. It must not be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The frame has been disposed.</exception>
    public ReadOnlyMemory<byte> Payload
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            return _slice.Memory;
        }
    }

    /// <summary>Releases the memory of the frame. A second call has no effect.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _slice.Block.Release();
    }
}
