using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A ticket names several addresses of one peer. However long each of them takes to answer, one dial is one session.</summary>
public sealed class TwoAddressesTests
{
    private const int Rounds = 5;

    [TestCase(75)]
    [TestCase(100)]
    [TestCase(125)]
    [TestCase(150)]
    [TestCase(200)]
    [CancelAfter(60_000)]
    public async Task BothAddressesAnswerLate_OneSessionStays(int milliseconds, CancellationToken ct)
    {
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        await using var listener = await IrohEndpoint.CreateAsync(options: options, cancellationToken: ct);
        await using var dialer = await IrohEndpoint.CreateAsync(options: options, cancellationToken: ct);
        await using var first = new Relay(listener.LocalEndPoint, TimeSpan.FromMilliseconds(milliseconds));
        await using var second = new Relay(listener.LocalEndPoint, TimeSpan.FromMilliseconds(milliseconds));
        await using var publisher = Moq.Serve(listener);
        await using var subscriber = new Moq(dialer);
        var events = new ConcurrentQueue<string>();
        using var atPublisher = publisher.SessionEvents().Subscribe(
            happened => events.Enqueue(happened.Closed is { } closed ? $"closes {closed.Code}" : "opens"));
        using var broadcast = new BroadcastProducer();
        for (var round = 0; round < Rounds; round++)
            Write(broadcast.CreateTrack($"t{round}"), $"round {round}");
        using var live = publisher.Publish("x", broadcast);

        await using var session = await subscriber.ConnectAsync(new EndpointAddr(listener.Id, first.Address, second.Address), ct);
        await using var remote = await session.SubscribeAsync("x", ct);
        // Each reading takes a round trip, by which the other connection has been decided.
        for (var round = 0; round < Rounds; round++)
            Assert.That(await ReadAsync(remote.Track($"t{round}"), ct), Is.EqualTo($"round {round}"));
        Assert.That(events, Is.EqualTo(new[] { "opens" }));
        Assert.That(session.Closed.IsCompleted, Is.False);
    }

    private static void Write(TrackProducer track, string text)
    {
        using var group = track.AppendGroup();
        group.Write(Encoding.UTF8.GetBytes(text));
        group.Finish();
    }

    private static async Task<string> ReadAsync(TrackConsumer track, CancellationToken ct)
    {
        await foreach (var group in track.ReadGroupsAsync(ct))
        {
            using (group)
            {
                await foreach (var frame in group.ReadFramesAsync(ct))
                    return Encoding.UTF8.GetString(frame.Payload);
            }
        }

        throw new AssertionException("The track has no frame.");
    }
}
