using IrohMoq.Load;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Ten thousand streams that are open at once on one connection.</summary>
[NonParallelizable]
public class ManyStreamTests
{
    private const int Count = 10_000;
    private const int Size = 1_000;
    private const int Rounds = 4;
    private const double MaxBytesPerStream = 200;

    [Test]
    [CancelAfter(60_000)]
    public async Task StreamsThatAreOpenAtOnce_AreExact_AndLeaveNothing([Values] bool isUni, CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(
            options => options with { MaxIncomingUniStreams = Count, MaxIncomingBidiStreams = Count });
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        QuicCore[] cores = [((QuicConnection)dialed).Core, ((QuicConnection)accepted).Core];

        // The first rounds create pools and tables, whose sizes depend on the order of events. A leak adds to every round.
        var (managed, native) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            var (before, keptBefore) = (ProcessUsage.Measure(), endpoints.Pool.BytesKept);
            await TransferAsync();
            await ManyConnections.WaitAsync(() => endpoints.Pool.BytesOut == 0, token);
            var (after, kept) = (ProcessUsage.Measure(), endpoints.Pool.BytesKept);
            managed = Math.Min(managed, (double)(after.ManagedHeap - before.ManagedHeap - (kept - keptBefore)) / Count);
            native = Math.Min(native, (double)(after.NativeHeap - before.NativeHeap) / Count);
        }

        await TestContext.Out.WriteLineAsync(
            $"Each stream has left {managed:0} bytes on the managed heap and {native:0} on the native heap.");
        Assert.That(endpoints.Listener.Loop.Settings.Budget.Used + endpoints.Dialer.Loop.Settings.Budget.Used, Is.Zero);
        Assert.That(managed, Is.LessThan(MaxBytesPerStream));
        Assert.That(native, Is.LessThan(MaxBytesPerStream));

        async Task TransferAsync()
        {
            var opening = Enumerable.Range(0, Count).Select(_ => ManyStreams.OpenAsync(dialed, isUni, Size, token)).ToArray();
            var received = new IReceiveStream[Count];
            for (var i = 0; i < Count; i++)
                received[i] = await ManyStreams.AcceptAsync(accepted, isUni, token);
            var sent = await Task.WhenAll(opening);
            Assert.That(cores.Select(static core => core.Streams.Count), Is.All.EqualTo(Count));
            Assert.That(received.Select(static stream => stream.Id).Order().SequenceEqual(sent.Select(static stream => stream.Id).Order()));

            foreach (var stream in sent)
                stream.Finish();
            foreach (var stream in received)
                await ManyStreams.CheckAsync(stream, Size, token);
            await Task.WhenAll(sent.Select(static stream => stream.Closed));
            await ManyConnections.WaitAsync(() => Array.TrueForAll(cores, static core => core.Streams.Count == 0), token);
        }
    }
}
