using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Tool.Tests;

/// <summary>The option <c>--priority</c>: what the other side is told.</summary>
[CancelAfter(60_000)]
public class PriorityTests : ToolTestBase
{
    [TestCase("moq-lite-05", "9", 9)]
    [TestCase("moq-lite-06", "255", 255)]
    [TestCase("moq-lite-06", null, 0)]
    public async Task Publisher_TellsThePriorityOfTheTrack(string protocol, string? priority, int told, CancellationToken token)
    {
        string[] option = priority is null ? [] : ["--priority", priority];
        using var publisher = Publish(["--clock", "--alpn", protocol, .. option]);
        var ticket = EndpointTicket.Parse(TicketOf(await publisher.ExpectAsync("listening", token)));
        await using var endpoint = await BindAsync(token);
        await using var moq = new Moq(endpoint);
        await using var session = await moq.ConnectAsync(ticket, token);
        var track = (await session.SubscribeAsync("n", token)).Track("t");
        Assert.That((await track.GetPropertiesAsync(token)).Priority, Is.EqualTo(told));
        publisher.Interrupt();
    }

    /// <summary>The publisher is written by hand: one of the library does not show what a subscriber has asked for.</summary>
    [TestCase("7", 7)]
    [TestCase("255", 255)]
    [TestCase(null, 0)]
    public async Task Subscriber_AsksWithThePriority(string? priority, int asked, CancellationToken token)
    {
        await using var endpoint = await BindAsync(token);
        endpoint.Listen(["moq-lite-03"]);
        string[] option = priority is null ? [] : ["--priority", priority];
        using var reader = Subscribe($"{endpoint.Ticket}", ["--output", "-", .. option]);
        await using var connection = await endpoint.AcceptAsync(token);
        var announce = await AcceptAsync(connection, token);
        Assert.That(announce.Request[0], Is.EqualTo(1), "ANNOUNCE_REQUEST");
        // The length, "active", the name, and the number of hops.
        await announce.Stream.Send.WriteAsync(new byte[] { 4, 1, 1, (byte)'n', 0 }, token);
        var (stream, request) = await AcceptAsync(connection, token);
        // SUBSCRIBE: the type of the stream, the length, the id, the broadcast, the track, and the priority.
        Assert.That(request[0], Is.EqualTo(2));
        Assert.That(request[2..7], Is.EqualTo(new byte[] { 0, 1, (byte)'n', 1, (byte)'t' }));
        Assert.That(request[7], Is.EqualTo(asked));
        stream.Send.Reset(0);
    }

    private static async Task<(BidiStream Stream, byte[] Request)> AcceptAsync(ITransportConnection connection, CancellationToken token)
    {
        var stream = await connection.AcceptBidiAsync(token);
        var request = new List<byte>();
        var buffer = new byte[100];
        // The type and the message, whose length takes one byte.
        while (request.Count < 2 || request.Count < 2 + request[1])
        {
            var count = await stream.Receive.ReadAsync(buffer, token);
            Assert.That(count, Is.Positive);
            request.AddRange(buffer.AsSpan(0, count));
        }

        return (stream, [.. request]);
    }
}
