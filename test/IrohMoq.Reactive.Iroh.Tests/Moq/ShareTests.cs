using System.Diagnostics.Metrics;
using System.Net;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// A publisher begins further groups although the subscriber asked it to pause, over QUIC: the groups beyond the share of the
/// subscription are stopped and counted, and the rest of the session continues.
/// </summary>
[NonParallelizable]
public sealed class ShareTests
{
    private const int Share = 1 << 20;
    private const int Groups = 200;
    private const int FrameSize = 32 << 10;
    private const int Frames = 8;

    /// <summary>A frame or two of each group arrive before its stream needs credit, and the share has room for a few.</summary>
    private const int LeastStopped = Groups - (2 * Share / FrameSize);

    private static readonly DeliveryTerms Live = new(0, true, 30_000, StartGroup: 0);

    [Test]
    [CancelAfter(20_000)]
    public async Task PublisherThatIgnoresThePause(CancellationToken ct)
    {
        var received = new BlockPool();
        var resets = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == MoqTelemetry.SourceName && instrument.Name == "moq.group.reset")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref resets, value));
        listener.Start();
        await using var publisher = await HandPublisher.StartAsync();
        var bind = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), StreamWindow = 2 * FrameSize };
        await using var endpoint = await IrohEndpoint.CreateAsync(options: bind, cancellationToken: ct);
        await using var moq = new Moq(
            endpoint, new MoqOptions { Limits = SessionLimits.Default with { ReceivedShare = Share, Pool = received } });
        var accepting = publisher.AcceptAsync(ct);
        var session = await moq.ConnectAsync(publisher.Address, ct);
        await accepting;
        await using var remote = await session.SubscribeAsync("x", ct);
        using var paused = remote.Track("paused").Open();
        var next = paused.ReadGroupAsync(ct).AsTask();
        using var subscription = await publisher.SubscriptionAsync(Live, ct);

        // Up to the pause.
        using var stopped = new SemaphoreSlim(0);
        var sending = new List<Task<bool>>();
        var asking = PauseAsync();
        do
        {
            sending.Add(SendAsync());
            await Task.WhenAny(asking, sending[^1]);
        }
        while (!asking.IsCompleted);
        Assert.That(await asking, Is.Not.Null);
        Assert.That((await next)?.Sequence, Is.Zero);

        // And far beyond the pause.
        while (sending.Count < Groups)
            sending.Add(SendAsync());
        for (var i = 0; i < LeastStopped; i++)
            await stopped.WaitAsync(ct);
        // The memory of a stopped group is released after its stream was stopped: on a loaded machine, the publisher may notice first.
        while (received.BytesOut > 2 * Share)
            await Task.Delay(10, ct);
        Assert.That(session.Closed.IsCompleted, Is.False);

        // Another subscription of the session receives everything that is sent on it.
        using var other = remote.Track("other").Open();
        var otherNext = other.ReadGroupAsync(ct).AsTask();
        using var otherSubscription = await publisher.SubscriptionAsync(Live, ct);
        Assert.That((await otherSubscription.SendAsync(0, Frames, FrameSize, ct)).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        await Payload.ReadAsync((await otherNext)!, FrameSize, Frames, ct);

        // The paused reader continues: the rest arrives, or is reported as skipped.
        var (read, whole) = (0L, 0);
        var reading = ReadOnAsync();
        var ends = await Task.WhenAll(sending);
        subscription.Finish();
        await reading;
        TestContext.Out.WriteLine(
            $"{ends.Count(static isStopped => isStopped)} streams stopped, {resets} counted, {read} read, {whole} of them whole, "
            + $"{paused.Skipped} skipped");
        Assert.That(read + paused.Skipped, Is.EqualTo(Groups));
        Assert.That(whole, Is.Positive);
        // Each group is counted immediately after it was stopped.
        while (Interlocked.Read(ref resets) < ends.Count(static isStopped => isStopped))
            await Task.Yield();
        Assert.That(Interlocked.Read(ref resets), Is.EqualTo(ends.Count(static isStopped => isStopped)));

        // An update without an end is no pause: it is a sign of life or changes other terms.
        async Task<ulong?> PauseAsync()
        {
            while (await subscription.UpdateAsync(ct) is { } terms)
            {
                if (terms.EndGroup is { } end)
                    return end;
            }

            return null;
        }

        async Task<bool> SendAsync()
        {
            var end = await subscription.SendAsync((ulong)sending.Count, Frames, FrameSize, ct);
            if (end.Cause == StreamEndCause.Stopped)
                stopped.Release();
            return end.Cause == StreamEndCause.Stopped;
        }

        async Task ReadOnAsync()
        {
            for (var group = await next; group is not null; group = await paused.ReadGroupAsync(ct))
            {
                read++;
                try
                {
                    await Payload.ReadAsync(group, FrameSize, Frames, ct);
                    whole++;
                }
                catch (MoqStreamException broken) when (broken.Code == MoqErrorCode.Evicted)
                {
                    // The group was dropped while it was read.
                }
            }
        }
    }
}
