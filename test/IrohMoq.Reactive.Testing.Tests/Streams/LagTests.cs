using System.Diagnostics.Metrics;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Streams;

/// <summary>
/// A subscriber of incoming sessions that is a whole ring behind misses sessions, which the callback, the next item and the meter report.
/// </summary>
[NonParallelizable]
public sealed class LagTests
{
    private const int Ring = 8;
    private const int Dialers = 20;

    [Test]
    public void ReaderThatIsBehind_ContinuesAtTheOldestKept_AndTheSkipIsReportedThreeTimes()
    {
        using var meter = new SkippedMeter();
        var net = new InMemoryNetwork(new TestScheduler(), seed: 1);
        var hub = net.AddPeer("hub", new MoqOptions { NoticeCapacity = Ring });
        net.Run(async () =>
        {
            var reported = new List<long>();
            await using var reader = hub.ReadIncomingSessionsAsync(reported.Add).GetAsyncEnumerator();
            var ids = await DialAsync(net, hub);

            var got = new List<(EndpointId Id, long Skipped)>();
            while (got.Count < Ring && await reader.MoveNextAsync())
                got.Add((reader.Current.RemoteId, reader.Current.Skipped));
            Assert.That(got.Select(static item => item.Id), Is.EqualTo(ids[^Ring..]), "the oldest kept comes first, and order is kept");
            Assert.That(got.Select(static item => item.Skipped), Is.EqualTo(new long[] { Dialers - Ring, 0, 0, 0, 0, 0, 0, 0 }));
            Assert.That(reported, Is.EqualTo(new long[] { Dialers - Ring }));
            Assert.That(meter.Skipped, Is.GreaterThanOrEqualTo(Dialers - Ring), "other tests of this process may add to it");
            await hub.ShutdownAsync();
            Assert.That(await reader.MoveNextAsync(), Is.False);
        });
    }

    [Test]
    public void BurstSmallerThanTheRing_ReachesAReaderWhole()
    {
        var net = new InMemoryNetwork(new TestScheduler(), seed: 1);
        var hub = net.AddPeer("hub");
        net.Run(async () =>
        {
            await using var reader = hub.ReadIncomingSessionsAsync(static missed => Assert.Fail($"missed {missed}")).GetAsyncEnumerator();
            var ids = await DialAsync(net, hub);
            foreach (var id in ids)
            {
                Assert.That(await reader.MoveNextAsync(), Is.True);
                Assert.That((reader.Current.RemoteId, reader.Current.Skipped), Is.EqualTo((id, 0L)));
            }
        });
    }

    [Test]
    public void LateSubscriber_GetsTheLastIncomingStillOpen_WhateverWasDialedBetween()
    {
        var net = new InMemoryNetwork(new TestScheduler(), seed: 1);
        var hub = net.AddPeer("hub", new MoqOptions { SessionReplay = 2 });
        net.Run(async () =>
        {
            var ids = await DialAsync(net, hub);
            for (var i = 0; i < 3; i++)
                await hub.ConnectAsync(net.AddressOf(net.AddPeer($"dialed{i}")));
            var got = new List<EndpointId>();
            using var late = hub.IncomingSessions().Subscribe(incoming => got.Add(incoming.RemoteId));
            await net.Runtime.DelayAsync(TimeSpan.FromMilliseconds(1));
            Assert.That(got, Is.EqualTo(ids[^2..]));
        });
    }

    [Test]
    public void SubscriberOnASchedulerOfItsOwn_IsCalledThere()
    {
        var net = new InMemoryNetwork(new TestScheduler(), seed: 1);
        var hub = net.AddPeer("hub");
        var own = new TestScheduler();
        var got = new List<EndpointId>();
        net.Run(async () =>
        {
            using var subscription = hub.IncomingSessions(own).Subscribe(incoming => got.Add(incoming.RemoteId));
            var ids = await DialAsync(net, hub);
            Assert.That(got, Is.Empty, "its scheduler has not moved");
            own.AdvanceBy(1000);
            Assert.That(got, Is.EqualTo(ids));
        });
    }

    private static async Task<EndpointId[]> DialAsync(InMemoryNetwork net, Reactive.Moq hub)
    {
        var ids = new List<EndpointId>();
        for (var i = 0; i < Dialers; i++)
        {
            var peer = net.AddPeer($"peer{i}");
            await peer.ConnectAsync(net.AddressOf(hub));
            ids.Add(net.EndpointOf(peer).Id);
        }

        // The last dialer has its session one latency before the hub.
        await net.Runtime.DelayAsync(TimeSpan.FromMilliseconds(100));
        return [.. ids];
    }

    private sealed class SkippedMeter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _skipped;

        public SkippedMeter()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == MoqTelemetry.SourceName && instrument.Name == "moq.session.skipped")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, missed, _, _) => Interlocked.Add(ref _skipped, missed));
            _listener.Start();
        }

        public long Skipped => Interlocked.Read(ref _skipped);

        public void Dispose() => _listener.Dispose();
    }
}
