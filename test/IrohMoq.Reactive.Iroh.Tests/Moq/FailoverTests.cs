using System.Net;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A broadcast that comes over two relays, over real QUIC: what is read of it goes on when one of them is lost.</summary>
public sealed class FailoverTests
{
    private const int Groups = 20;

    [Test]
    [CancelAfter(120_000)]
    public async Task RelayEnds_TheLosslessReadingGoesOn(
        [Values("moq-lite-05", "moq-lite-06")] string version, [Values(0, 1)] int ended, CancellationToken ct)
    {
        var options = new MoqOptions { Protocols = [version] };
        await using var publisher = await Peer.StartAsync(options);
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = true });
        using var live = publisher.Moq.Publish("x", broadcast);
        await using var one = await Peer.StartAsync(options);
        await using var two = await Peer.StartAsync(options);
        await using var reader = await Peer.StartAsync(options);
        Peer[] relays = [one, two];
        foreach (var relay in relays)
        {
            var received = await (await relay.Moq.ConnectAsync(publisher.Address, ct)).SubscribeAsync("x", ct);
            relay.Moq.Publish("x", received);
            await (await reader.Moq.ConnectAsync(relay.Address, ct)).SubscribeAsync("x", ct);
        }

        await using var groups = (await reader.Moq.SubscribeAsync("x", ct)).Track("t").ReadGroupsAsync(cancellationToken: ct)
            .GetAsyncEnumerator(ct);
        var next = groups.MoveNextAsync();
        await track.WaitForSubscriberAsync(ct);
        for (var i = 0; i < Groups; i++)
        {
            if (i == Groups / 2)
                await relays[ended].Moq.ShutdownAsync();
            using (var group = await track.AppendGroupAsync(ct))
            {
                await group.WriteAsync(BitConverter.GetBytes(i), ct);
                group.Finish();
            }

            Assert.That((await next, groups.Current.Sequence), Is.EqualTo((true, (ulong)i)));
            await foreach (var frame in groups.Current.ReadFramesAsync(ct))
                Assert.That(BitConverter.ToInt32(frame.Payload), Is.EqualTo(i));
            if (i == Groups - 1)
                track.Finish();
            next = groups.MoveNextAsync();
        }

        Assert.That(await next, Is.False);
    }

    private sealed class Peer(IrohEndpoint endpoint, MoqOptions options) : IAsyncDisposable
    {
        public Moq Moq { get; } = Moq.Serve(endpoint, options);

        public EndpointAddr Address => endpoint.Address;

        public static async Task<Peer> StartAsync(MoqOptions options)
        {
            var bind = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
            return new Peer(await IrohEndpoint.CreateAsync(options: bind), options);
        }

        public async ValueTask DisposeAsync()
        {
            await Moq.DisposeAsync();
            await endpoint.DisposeAsync();
        }
    }
}
