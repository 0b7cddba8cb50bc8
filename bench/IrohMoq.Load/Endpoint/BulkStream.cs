using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.Endpoint;

/// <summary>Represents one end of a stream of bulk data, which counts its bytes.</summary>
internal sealed class BulkStream
{
    private const int FrameSize = 64 << 10;
    private long _bytes;
    private volatile bool _isStopped;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Ends the writing.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>Writes the same block until it is stopped.</summary>
    public async Task WriteAsync(ISendStream stream)
    {
        // The caller begins other streams, also if the writes never wait.
        await Task.Yield();
        var slice = new BlockSlice(BlockPool.Shared.Rent(FrameSize), 0, FrameSize);
        while (!_isStopped)
        {
            await stream.WriteBlockAsync(default, slice);
            Volatile.Write(ref _bytes, _bytes + FrameSize);
        }

        stream.Finish();
        await stream.Closed;
    }

    /// <summary>Reads until the end of the stream.</summary>
    public async Task ReadAsync(IReceiveStream stream)
    {
        await Task.Yield();
        var buffer = new byte[FrameSize];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
            Volatile.Write(ref _bytes, _bytes + count);
    }
}
