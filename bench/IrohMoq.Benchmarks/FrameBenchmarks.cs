using BenchmarkDotNet.Attributes;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Benchmarks;

/// <summary>
/// Measures the append and the read of a frame in memory, on one thread. The results support the design decisions on the cache: one copy
/// into a shared block, and no allocation per frame.
/// </summary>
#pragma warning disable CA1001 // BenchmarkDotNet calls the cleanup method, and not Dispose.
public class FrameBenchmarks
#pragma warning restore CA1001
{
    private const int Frames = 30_000;

    private readonly byte[] _payload = new byte[100];
    private BroadcastProducer _broadcast = null!;
    private TrackProducer _track = null!;
    private TrackReader _reader = null!;

    [Params(30, 1_000)]
    public int FramesPerGroup { get; set; }

    [Params(false, true)]
    public bool Lossless { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _broadcast = new BroadcastProducer(ThreadPoolRuntime.Instance);
        _track = _broadcast.CreateTrack("track", new TrackOptions { Lossless = Lossless, MaxCachedGroups = 16 });
        _reader = _broadcast.Consume().Track("track").Open();
    }

    [GlobalCleanup]
    public void Close()
    {
        _reader.Dispose();
        _broadcast.Dispose();
    }

    /// <summary>Writes each frame and reads it at once, so that the data stays in the processor's cache.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public async Task<long> WriteThenRead()
    {
        var read = 0L;
        for (var written = 0; written < Frames; written += FramesPerGroup)
        {
            using var group = _track.AppendGroup();
            var reading = await _reader.ReadGroupAsync() ?? throw new InvalidOperationException("The track has ended.");
            await using var frames = reading.ReadFramesAsync().GetAsyncEnumerator();
            for (var i = 0; i < FramesPerGroup; i++)
            {
                group.Write(_payload);
                await frames.MoveNextAsync();
                read += frames.Current.Payload.Length;
            }

            group.Finish();
        }

        return read;
    }

    /// <summary>Writes each group as a whole, and then reads it.</summary>
    [Benchmark(OperationsPerInvoke = Frames)]
    public async Task<long> WriteGroupThenRead()
    {
        var read = 0L;
        for (var written = 0; written < Frames; written += FramesPerGroup)
        {
            using var group = _track.AppendGroup();
            for (var i = 0; i < FramesPerGroup; i++)
                group.Write(_payload);
            group.Finish();
            var reading = await _reader.ReadGroupAsync() ?? throw new InvalidOperationException("The track has ended.");
            await foreach (var frame in reading.ReadFramesAsync())
                read += frame.Payload.Length;
        }

        return read;
    }
}
