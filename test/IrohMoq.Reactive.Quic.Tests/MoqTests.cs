using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>Broadcasts over System.Net.Quic, between two peers that know each other by public key.</summary>
[CancelAfter(60_000)]
public sealed class MoqTests
{
    [SetUp]
    public void SkipWithoutQuic() => Machine.SkipWithoutQuic();

    [Test]
    public async Task LosslessTrack_ArrivesWhole([Values(100, 64 << 10, 1 << 20)] int groupSize, CancellationToken ct)
    {
        const int bytes = 20 << 20;
        var groups = Math.Min(bytes / groupSize, 5_000);
        await using var peers = await Peers.StartAsync(null, ct);
        using var broadcast = peers.Publisher.CreateBroadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = peers.Publisher.Publish("x", broadcast);
        var session = await peers.Subscriber.ConnectAsync(peers.Ticket, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        var writing = WriteAsync();
        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var group in remote.Track("t").ReadGroupsAsync(new SubscribeOptions { Order = GroupOrder.Sequence }, ct))
        {
            await foreach (var frame in group.ReadFramesAsync(ct))
                received.AppendData(frame.Payload);
        }

        Assert.That(received.GetHashAndReset(), Is.EqualTo(await writing));
        await track.WaitForNoSubscriberAsync(ct);
        Assert.That(track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 1, 0)));

        async Task<byte[]> WriteAsync()
        {
            await track.WaitForSubscriberAsync(ct);
            using var written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var random = new Random(groupSize);
            for (var i = 0; i < groups; i++)
            {
                var frame = new byte[groupSize];
                random.NextBytes(frame);
                written.AppendData(frame);
                using var group = await track.AppendGroupAsync(ct);
                await group.WriteAsync(frame, ct);
                group.Finish();
            }

            track.Finish();
            return written.GetHashAndReset();
        }
    }

    /// <summary>The text of the refusal does not travel; its code does.</summary>
    [Test]
    public async Task PeerThatIsNotAdmitted_IsRefusedByCode(CancellationToken ct)
    {
        await using var peers = await Peers.StartAsync(new MoqOptions { AcceptPolicy = static (_, _) => new(false) }, ct);
        SessionClosed closed;
        try
        {
            closed = await (await peers.Subscriber.ConnectAsync(peers.Ticket, ct)).Closed;
        }
        catch (MoqConnectException refused)
        {
            Assert.That(refused.Error, Is.EqualTo(ConnectError.Refused));
            return;
        }

        Assert.That((closed.Code, closed.IsRemote, closed.IsRefused), Is.EqualTo((MoqErrorCode.Unauthorized, true, true)));
    }

    /// <summary>Both peers dial each other at once: one connection supersedes the other, by the code of its close alone.</summary>
    [Test]
    public async Task BothDialAtOnce_OneConnectionStays(CancellationToken ct)
    {
        for (var round = 0; round < 10; round++)
        {
            await using var a = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
            await using var b = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
            await using var alice = Moq.Serve(a);
            await using var bob = Moq.Serve(b);
            var closures = new ConcurrentQueue<SessionClosed>();
            using var atAlice = alice.SessionClosures().Subscribe(closures.Enqueue);
            using var atBob = bob.SessionClosures().Subscribe(closures.Enqueue);
            using var start = new Barrier(2);
            var dials = await Task.WhenAll(DialAsync(alice, b.Address), DialAsync(bob, a.Address));
            using var call = alice.CreateBroadcast();
            using var answer = bob.CreateBroadcast();
            using var calling = dials[0].Publish("call", call);
            using var answering = dials[1].Publish("answer", answer);
            await using var seen = await dials[1].SubscribeAsync("call", ct);
            await using var heard = await dials[0].SubscribeAsync("answer", ct);
            Assert.That(closures, Is.Empty, $"round {round}");
            Assert.That((dials[0].Closed.IsCompleted, dials[1].Closed.IsCompleted), Is.EqualTo((false, false)), $"round {round}");

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
    public async Task PeerThatStopsServing_IsReportedAsNotServing(CancellationToken ct)
    {
        await using var peers = await Peers.StartAsync(null, ct);
        await peers.Publisher.DisposeAsync();
        var failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await peers.Subscriber.ConnectAsync(peers.Ticket, ct));
        Assert.That((failure!.Error, failure.IsTransient), Is.EqualTo((ConnectError.NotServing, true)));
    }

    private sealed class Peers : IAsyncDisposable
    {
        private readonly QuicEndpoint _listener;
        private readonly QuicEndpoint _dialer;

        private Peers(QuicEndpoint listener, QuicEndpoint dialer, MoqOptions? publisher)
        {
            _listener = listener;
            _dialer = dialer;
            Publisher = Moq.Serve(listener, publisher);
            Subscriber = new Moq(dialer);
        }

        public Moq Publisher { get; }

        public Moq Subscriber { get; }

        public EndpointTicket Ticket => EndpointTicket.Parse(_listener.Ticket.ToString());

        public static async Task<Peers> StartAsync(MoqOptions? publisher, CancellationToken ct) => new(
            await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct),
            await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct),
            publisher);

        public async ValueTask DisposeAsync()
        {
            await Subscriber.DisposeAsync();
            await Publisher.DisposeAsync();
            await _dialer.DisposeAsync();
            await _listener.DisposeAsync();
        }
    }
}
