using System.Collections.Concurrent;
using System.Net;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Two peers that dial one another at the same moment, over real QUIC, again and again: one connection stays, both sides use it, and nobody sees a disconnect.</summary>
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
            // New ones each time: a dial of the round before that is given up may still arrive.
            await using var a = await IrohEndpoint.BindAsync(options: options, cancellationToken: ct);
            await using var b = await IrohEndpoint.BindAsync(options: options, cancellationToken: ct);
            await using var alice = Moq.Serve(a);
            await using var bob = Moq.Serve(b);
            var closures = new ConcurrentQueue<SessionClosed>();
            using var atAlice = alice.SessionClosures.Subscribe(closures.Enqueue);
            using var atBob = bob.SessionClosures.Subscribe(closures.Enqueue);
            using var start = new Barrier(2);
            var dials = await Task.WhenAll(DialAsync(alice, b.Address), DialAsync(bob, a.Address));
            var (here, there) = (dials[0], dials[1]);
            using var call = new BroadcastProducer();
            using var answer = new BroadcastProducer();
            // For this session only: what is published on one side's handle is seen by the other side's.
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
                    return moq.ConnectAsync(remote, ct).AsTask();
                },
                ct);
        }
    }
}
