using System.IO.Pipelines;

namespace IrohMoq.Tool.Streams;

/// <summary>
/// Represents a pipe between a thread that blocks in system calls, which waits in the methods of this class, and the rest of the tool,
/// which uses <see cref="Reader"/> or <see cref="Writer"/>.
/// </summary>
#pragma warning disable CA1001, CA2012, VSTHRD002 // The pipe lives as long as its thread, whose purpose is to block.
internal sealed class BlockingPipe
{
    /// <summary>The number of bytes that a pipe holds before its writer waits: 1 MiB.</summary>
    public const int Capacity = 1 << 20;

    private const int Segment = 64 << 10;

    private readonly ManualResetEventSlim _wake = new();

    public BlockingPipe()
    {
        var options = new PipeOptions(
            pauseWriterThreshold: Capacity,
            resumeWriterThreshold: Capacity / 2,
            minimumSegmentSize: Segment,
            useSynchronizationContext: false);
#pragma warning disable RS0030 // Files and pipes exist in real time only.
        var pipe = new Pipe(options);
        (Reader, Writer) = (pipe.Reader, pipe.Writer);
#pragma warning restore RS0030
    }

    public PipeReader Reader { get; }

    public PipeWriter Writer { get; }

    /// <summary>Waits for data. Only one thread may call the method.</summary>
    /// <param name="interval">The interval at which <paramref name="check"/> is called during the wait.</param>
    /// <param name="check">The function that throws an exception to end the wait.</param>
    public ReadResult Read(TimeSpan interval, Action check)
    {
        var read = Reader.ReadAsync();
        if (read.IsCompleted)
            return read.GetAwaiter().GetResult();
        _wake.Reset();
        var awaiter = read.GetAwaiter();
        awaiter.UnsafeOnCompleted(_wake.Set);
        try
        {
            while (!_wake.Wait(interval))
                check();
        }
        catch
        {
            Reader.CancelPendingRead();
            _wake.Wait();
            throw;
        }

        return awaiter.GetResult();
    }

    /// <summary>Passes on what was written, and waits while too much is not yet read. Only one thread may call the method.</summary>
    /// <returns>True if nobody reads any more.</returns>
    public bool Flush()
    {
        var flush = Writer.FlushAsync();
        if (flush.IsCompleted)
            return flush.GetAwaiter().GetResult().IsCompleted;
        _wake.Reset();
        var awaiter = flush.GetAwaiter();
        awaiter.UnsafeOnCompleted(_wake.Set);
        _wake.Wait();
        return awaiter.GetResult().IsCompleted;
    }

    /// <summary>Blocks until a flush has completed.</summary>
    public static void Wait(ValueTask<FlushResult> flush)
    {
        if (flush.IsCompleted)
            flush.GetAwaiter().GetResult();
        else
            flush.AsTask().GetAwaiter().GetResult();
    }
}
#pragma warning restore CA1001, CA2012, VSTHRD002
