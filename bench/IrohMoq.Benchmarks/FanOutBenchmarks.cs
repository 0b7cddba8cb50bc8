using BenchmarkDotNet.Attributes;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Benchmarks;

/// <summary>
/// Measures the delivery of one track to many readers in memory, on one thread. One operation is one frame that reaches one reader, so the
/// figures of different numbers of readers can be compared. A received track also controls the flow from its publisher by what is read.
/// </summary>
#pragma warning disable CA1001 // BenchmarkDotNet calls the cleanup method, and not Dispose.
public class FanOutBenchmarks
#pragma warning restore CA1001
{
    private const int Deliveries = 60_000;

    private readonly byte[] _payload = new byte[100];
    private readonly List<TrackReader> _readers = [];
    private BroadcastProducer _broadcast = null!;
    private TrackProducer _track = null!;

    [Params(1, 10, 100, 1_000)]
    public int Readers { get; set; }

    [Params(1, 30)]
    public int FramesPerGroup { get; set; }

    [Params(false, true)]
    public bool IsReceived { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _broadcast = new BroadcastProducer(ThreadPoolRuntime.Instance);
        _track = _broadcast.CreateTrack("track", new TrackOptions { MaxCachedGroups = 4 });
        if (IsReceived)
            Receive();
        var track = _broadcast.Consume().Track("track");
        for (var i = 0; i < Readers; i++)
            _readers.Add(track.Open());
    }

    [GlobalCleanup]
    public void Close()
    {
        foreach (var reader in _readers)
            reader.Dispose();
        _readers.Clear();
        _broadcast.Dispose();
    }

    private void Receive()
    {
        var runtime = ThreadPoolRuntime.Instance;
        _ = new ReceiveFlow(_track, new ArrivingGroups(runtime), new ReceiveBudget(SessionLimits.Default), new Signal(runtime));
        _track.State.Received!.IsDescribed = true;
    }

    [Benchmark(OperationsPerInvoke = Deliveries)]
    public async Task<long> Deliver()
    {
        var read = 0L;
        for (var delivered = 0; delivered < Deliveries; delivered += FramesPerGroup * Readers)
        {
            using (var group = _track.AppendGroup())
            {
                for (var i = 0; i < FramesPerGroup; i++)
                    group.Write(_payload);
                group.Finish();
            }

            foreach (var reader in _readers)
            {
                var reading = await reader.ReadGroupAsync() ?? throw new InvalidOperationException("The track has ended.");
                await foreach (var frame in reading.ReadFramesAsync())
                    read += frame.Payload.Length;
            }
        }

        return read;
    }
}
