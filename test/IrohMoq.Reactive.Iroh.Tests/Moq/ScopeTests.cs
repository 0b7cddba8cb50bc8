using System.Text;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A path that the client states, and code on both sides that has only the room of this path, over real QUIC.</summary>
public sealed class ScopeTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task RoomOfAPath_IsServedAndReadByNamesWithoutIt(
        [Values("moq-lite-05", "moq-lite-06")] string version, CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync(subscriber: new MoqOptions { Protocols = [version] });
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t");
        // Kept to the end, because a request that is answered may still be on its way on another stream.
        BroadcastRequestReader? requests = null;
        var serving = ServeAsync();
        var address = new EndpointAddr(pair.Address.Id, pair.Relay.Address);
        var session = await pair.Subscriber.ConnectAsync(address, new SessionRequest("/room?token=abc"), ct);
        var reader = session.OriginConsumer.WithRoot("room");
        var published = await reader.WaitAsync("here", ct);
        var requested = await reader.RequestAsync("a/on-demand", ct);
        Assert.That((await HearAsync(published), await HearAsync(requested)), Is.EqualTo(("hello", "hello")));
        Assert.That(reader.Find("hall"), Is.Null);
        Assert.That(await serving, Is.EqualTo("a/on-demand"));
        requests!.Dispose();

        async Task<string> ServeAsync()
        {
            await foreach (var incoming in pair.Publisher.ReadIncomingSessionsAsync(cancellationToken: ct))
            {
                var accepted = incoming.Accept();
                var request = await accepted.WaitForRequestAsync(ct);
                Assert.That(request, Is.EqualTo(new SessionRequest("/room?token=abc")));
                var room = accepted.OriginProducer.WithRoot("room");
                room.Publish("here", broadcast.Consume());
                accepted.Publish("hall", broadcast);
                requests = room.Narrow("a").OpenBroadcastRequests();
                using (var group = track.AppendGroup())
                {
                    group.Write("hello"u8);
                    group.Finish();
                }

                await foreach (var pending in requests.ReadAllAsync(ct))
                {
                    pending.Accept(broadcast);
                    return pending.Path.ToString();
                }
            }

            return "";
        }

        async Task<string> HearAsync(BroadcastConsumer remote)
        {
            await foreach (var group in remote.Track("t").ReadGroupsAsync(cancellationToken: ct))
            {
                await foreach (var frame in group.ReadFramesAsync(ct))
                    return Encoding.UTF8.GetString(frame.Payload);
            }

            return "";
        }
    }
}
