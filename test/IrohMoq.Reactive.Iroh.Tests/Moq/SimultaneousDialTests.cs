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
        await using var a = await IrohEndpoint.BindAsync(options: options, cancellationToken: ct);
        await using var b = await IrohEndpoint.BindAsync(options: options, cancellationToken: ct);
        for (var round = 0; round < Rounds; round++)
        {
            await using var alice = Moq.Serve(a);
            await using var bob = Moq.Serve(b);
            var closures = 0;
            using var atAlice = alice.SessionClosures.Subscribe(_ => Interlocked.Increment(ref closures));
            using var atBob = bob.SessionClosures.Subscribe(_ => Interlocked.Increment(ref closures));
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
            Assert.That((here.Closed.IsCompleted, there.Closed.IsCompleted, Volatile.Read(ref closures)), Is.EqualTo((false, false, 0)), $"round {round}");

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
