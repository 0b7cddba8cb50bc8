using System.IO.Pipelines;

namespace IrohMoq.Tool.Streams;

/// <summary>Creates the pipes between the threads that block in system calls and the rest of the tool.</summary>
internal static class Pipes
{
    /// <summary>The number of bytes that a pipe holds before its writer waits: 1 MiB.</summary>
    public const int Capacity = 1 << 20;

    private const int Segment = 64 << 10;

    public static Pipe Create()
    {
        var options = new PipeOptions(
            pauseWriterThreshold: Capacity,
            resumeWriterThreshold: Capacity / 2,
            minimumSegmentSize: Segment,
            useSynchronizationContext: false);
#pragma warning disable RS0030 // Files and pipes exist in real time only.
        return new Pipe(options);
#pragma warning restore RS0030
    }
}
