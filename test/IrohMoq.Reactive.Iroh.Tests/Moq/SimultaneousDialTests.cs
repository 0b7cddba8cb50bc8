using System.Collections.Concurrent;
using System.Net;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Two peers dial each other at the same time, over real QUIC, many times: one connection stays, both sides use it, and no reader sees a
/// disconnect.
/// </summary>
public sealed class SimultaneousDialTests
{
    private const int Rounds = 20;

    [Test]
    [CancelAfter(60_000)]
    public async Task BothDialAtOnce_OneConnectionStaysAndBothPublishAndSubscribe(CancellationToken ct)
    {
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        for (var round = 0; round < Rounds; round++)
        {
            // Each round has new peers: a canceled dial of the last round may still arrive.
            await using var a = await IrohEndpoint.CreateAsync(options: options, cancellationToken: ct);
            await using var b = await IrohEndpoint.CreateAsync(options: options, cancellationToken: ct);
            await using var alice = Moq.Serve(a);
            await using var bob = Moq.Serve(b);
            var closures = new ConcurrentQueue<SessionClosed>();
            using var atAlice = alice.SessionClosures().Subscribe(closures.Enqueue);
            using var atBob = bob.SessionClosures().Subscribe(closures.Enqueue);
            using var start = new Barrier(2);
            var dials = await Task.WhenAll(DialAsync(alice, b.Address), DialAsync(bob, a.Address));
            var (here, there) = (dials[0], dials[1]);
            using var call = new BroadcastProducer();
            using var answer = new BroadcastProducer();
            // The broadcast is published for this session only: the handle of the other side sees it.
            using var calling = here.Publish("call", call);
            using var answering = there.Publish("answer", answer);
            await using var seen = await there.SubscribeAsync("call", ct);
            await using var heard = await here.SubscribeAsync("answer", ct);
            Assert.That(await alice.ConnectAsync(b.Address, ct), Is.EqualTo(here));
            Assert.That(await bob.ConnectAsync(a.Address, ct), Is.EqualTo(there));
            Assert.That(closures, Is.Empty, $"round {round}");
            Assert.That((here.Closed.IsCompleted, there.Closed.IsCompleted), Is.EqualTo((false, false)), $"round {round}");

            Task<MoqSession> DialAsync(Moq moq, EndpointAddr remote) => Task.Run(
                () =>
                {
                    start.SignalAndWait(ct);
                    return moq.ConnectAsync(remote, ct);
                },
                ct);
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task BothDialAtOnce_ReadingContinues(CancellationToken ct)
    {
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        for (var round = 0; round < 5; round++)
        {
            await using var a = await IrohEndpoint.CreateAsync(options: options, cancellationToken: ct);
            await using var b = await IrohEndpoint.CreateAsync(options: options, cancellationToken: ct);
            await using var alice = Moq.Serve(a);
            await using var bob = Moq.Serve(b);
            using var call = new BroadcastProducer();
            using var answer = new BroadcastProducer();
            using var calling = alice.Publish("call", call);
            using var answering = bob.Publish("answer", answer);
            var writing = new[]
            {
                WriteAsync(call, lossless: true), WriteAsync(call, lossless: false),
                WriteAsync(answer, lossless: true), WriteAsync(answer, lossless: false),
            };
            using var start = new Barrier(2);
            var reading = await Task.WhenAll(
                Task.Run(() => ReadAsync(alice, b.Address, "answer", start), ct),
                Task.Run(() => ReadAsync(bob, a.Address, "call", start), ct));
            foreach (var read in reading.SelectMany(static both => both))
                Assert.That(read, Is.EqualTo(Enumerable.Range(0, 300)), $"round {round}: every group, once, whole");
            await Task.WhenAll(writing);
        }

        async Task<int[][]> ReadAsync(Moq moq, EndpointAddr remote, string name, Barrier start)
        {
            start.SignalAndWait(ct);
            var session = await moq.ConnectAsync(remote, ct);
            var broadcast = await session.SubscribeAsync(name, ct);
            return await Task.WhenAll(GroupsAsync(broadcast.Track("whole")), GroupsAsync(broadcast.Track("live")));
        }

        async Task<int[]> GroupsAsync(TrackConsumer track)
        {
            var read = new List<int>();
            await foreach (var group in track.ReadGroupsAsync(ct))
            {
                var bytes = 0;
                await foreach (var frame in group.ReadFramesAsync(ct))
                {
                    Assert.That(frame.Payload[^1], Is.EqualTo((byte)group.Sequence));
                    bytes += frame.Length;
                }

                Assert.That(bytes, Is.EqualTo(3 * Size((int)group.Sequence)));
                read.Add((int)group.Sequence);
            }

            return [.. read.Order()];
        }

        async Task WriteAsync(BroadcastProducer broadcast, bool lossless)
        {
            var track = broadcast.CreateTrack(
                lossless ? "whole" : "live", new TrackOptions { Lossless = lossless, MaxAge = TimeSpan.FromSeconds(20) });
            await track.WaitForSubscriberAsync(ct);
            for (var number = 0; number < 300; number++)
            {
                using var group = await track.AppendGroupAsync(ct);
                for (var frame = 0; frame < 3; frame++)
                    await group.WriteAsync(Enumerable.Repeat((byte)number, Size(number)).ToArray(), ct);
                group.Finish();
                // Real time passes here: the reading has to last while the connections change.
                await Task.Delay(10, ct);
            }

            track.Finish();
        }

        static int Size(int group) => group % 7 == 0 ? 12_000 : 50;
    }
}
