using System.Net;
using System.Text;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Bidirectional streams without bytes, over QUIC: each is refused in time, a stream with a request is served, and a caller that gets no
/// stream learns which limit was reached.
/// </summary>
public sealed class SilentStreamsTests
{
    private const MoqVersion Version = MoqVersion.Lite03;
    private const int Streams = 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Test]
    [CancelAfter(20_000)]
    public Task IncompleteRequests_AreRefused_AndFreeTheirStreams(CancellationToken ct) => WithPeerAsync(
        async peer =>
        {
            var streams = new List<BidiStream>();
            while (streams.Count < Streams)
            {
                streams.Add(await peer.OpenBidiAsync(ct));
                // Half of a stream's type.
                await streams[^1].Send.WriteAsync(new byte[] { 0x40 }, ct);
            }

            // The peer allows no more streams; the next one waits for the first that is refused.
            var honest = peer.OpenBidiAsync(ct).AsTask();
            Assert.That(honest.IsCompleted, Is.False);
            Assert.That(await HearAsync(peer, await honest, ct), Is.EqualTo("hello"));
            foreach (var stream in streams)
            {
                var refusal = await Assert.ThrowsAsync<TransportStreamException>(
                    async () => await stream.Receive.ReadAsync(new byte[1], ct));
                Assert.That((refusal!.IsRemote, refusal.ProtocolCode(MoqVersion.Lite03)), Is.EqualTo((true, MoqErrorCode.Cancel)));
                Assert.That((await stream.Send.Closed.WaitAsync(ct)).Cause, Is.EqualTo(StreamEndCause.Stopped));
            }

            Assert.That(peer.Closed.IsCompleted, Is.False);
        },
        ct);

    [Test]
    [CancelAfter(20_000)]
    public Task StreamsWithoutData_AreNotSeen_AndTheLastOneIsServed(CancellationToken ct) => WithPeerAsync(
        async peer =>
        {
            for (var i = 1; i < Streams; i++)
                await peer.OpenBidiAsync(ct);
            Assert.That(await HearAsync(peer, await peer.OpenBidiAsync(ct), ct), Is.EqualTo("hello"));
        },
        ct);

    [Test]
    [CancelAfter(20_000)]
    public async Task SubscriptionWithoutAStream_NamesTheLimit_AndGetsOneWhenAnotherEnds(CancellationToken ct)
    {
        const int allowed = 4;
        await using var pair = await MoqPair.StartAsync(
            static options => options with { MaxIncomingBidiStreams = allowed },
            new MoqOptions { Limits = SessionLimits.Default with { SubscribeAnswer = Limit } });
        using var broadcast = new BroadcastProducer();
        for (var i = 0; i <= allowed; i++)
            await Payload.WriteAsync(broadcast.CreateTrack($"{i}"), size: 10, frames: 1, ct);
        using var live = pair.Publisher.Publish("x", broadcast);
        var session = await pair.Subscriber.ConnectAsync(pair.Address, ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        // One stream is that of the announcements.
        var readers = new List<TrackReader>();
        for (var i = 1; i < allowed; i++)
        {
            readers.Add(remote.Track($"{i}").Open());
            Assert.That(await readers[^1].ReadGroupAsync(ct), Is.Not.Null);
        }

        using var last = remote.Track("0").Open();
        var failure = await Assert.ThrowsAsync<MoqStreamException>(async () => await last.ReadGroupAsync(ct));
        Assert.That((failure!.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.BoundsExceeded, false)));
        Assert.That(failure.Message, Does.Contain(nameof(IrohEndpointOptions.MaxIncomingBidiStreams)));

        readers[0].Dispose();
        using var again = remote.Track($"{allowed}").Open();
        Assert.That(await again.ReadGroupAsync(ct), Is.Not.Null);
        foreach (var reader in readers)
            reader.Dispose();
    }

    /// <summary>Runs a test with a manager that publishes a greeting and a raw connection of a peer.</summary>
    private static async Task WithPeerAsync(Func<ITransportConnection, Task> body, CancellationToken ct)
    {
        var bind = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), MaxIncomingBidiStreams = Streams };
        await using var listener = await IrohEndpoint.CreateAsync(options: bind, cancellationToken: ct);
        await using var moq = Moq.Serve(listener, new MoqOptions { Limits = SessionLimits.Default with { FirstMessage = Limit } });
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t");
        using (var group = track.AppendGroup())
        {
            group.Write("hello"u8);
            group.Finish();
        }

        using var live = moq.Publish("x", broadcast);
        await using var endpoint = await IrohEndpoint.CreateAsync(options: bind, cancellationToken: ct);
        await using var peer = await endpoint.ConnectAsync(listener.Address, ["moq-lite-03"], ct);
        await body(peer);
    }

    /// <summary>Subscribes on a stream and returns the content of the first group.</summary>
    private static async Task<string> HearAsync(ITransportConnection peer, BidiStream stream, CancellationToken ct)
    {
        await stream.Send.WriteOpeningAsync(
            new Subscribe(7, "x", "t", new DeliveryTerms(MaxLatency: SubscriptionTerms.NoLimit)), Version, ct);
        var group = await peer.AcceptUniAsync(ct);
        var bytes = new MemoryStream();
        var buffer = new byte[100];
        while (await group.ReadAsync(buffer, ct) is > 0 and var count)
            bytes.Write(buffer, 0, count);
        return Encoding.UTF8.GetString(bytes.ToArray().AsSpan()[^5..]);
    }
}
