using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A publisher that speaks moq-lite-03 by hand: it announces "x" and gives each subscription to the test.</summary>
internal sealed class HandPublisher
{
    private readonly ITransportConnection _connection;
    private readonly Func<HandSubscription, Task> _serve;

    private HandPublisher(ITransportConnection connection, Func<HandSubscription, Task> serve)
    {
        _connection = connection;
        _serve = serve;
    }

    /// <summary>Runs a test in which a subscriber of this library reads broadcast "x" of a publisher that the test implements.</summary>
    /// <param name="body">What the subscriber does.</param>
    /// <param name="serve">What the publisher does with each subscription.</param>
    /// <param name="options">The subscriber's.</param>
    public static void Run(
        Func<Scene, BroadcastConsumer, Task> body,
        Func<Scene, HandSubscription, Task> serve,
        MoqOptions? options = null) => Scene.Run(async scene =>
    {
        var raw = scene.AddRaw("hand", "moq-lite-03");
        var bob = scene.Add("bob", options);
        var serving = ServeAsync(scene, raw, serve);
        var session = await bob.Moq.ConnectAsync(raw.Address);
        await body(scene, await session.SubscribeAsync("x"));
        session.Close();
        await serving;
    });

    /// <summary>Serves one connection to its end.</summary>
    public static Task ServeAsync(ITransportConnection connection, Func<HandSubscription, Task> serve) =>
        new HandPublisher(connection, serve).ServeAsync();

    private static async Task ServeAsync(Scene scene, InMemoryEndpoint endpoint, Func<Scene, HandSubscription, Task> serve) =>
        await ServeAsync(await endpoint.AcceptAsync(), subscription => serve(scene, subscription));

    private async Task ServeAsync()
    {
        var streams = new List<Task>();
        try
        {
            while (true)
                streams.Add(ServeAsync(await _connection.AcceptBidiAsync()));
        }
        catch (TransportClosedException)
        {
            // The test is over.
        }

        foreach (var stream in streams)
            await stream;
    }

    private async Task ServeAsync(BidiStream stream)
    {
        using var reader = new MessageReader(stream.Receive, MoqVersion.Lite03);
        try
        {
            switch (await reader.ReadTypeAsync())
            {
                case (ulong)BidiStreamType.Announce:
                    await reader.ReadAsync<AnnounceRequest>();
                    await stream.Send.WriteAsync(new Announce(true, "x"), MoqVersion.Lite03);
                    break;
                case (ulong)BidiStreamType.Subscribe:
                    var subscription = new HandSubscription(_connection, stream, (await reader.ReadAsync<Subscribe>())!.Value);
                    var watching = subscription.WatchAsync(reader);
                    await _serve(subscription);
                    await watching;
                    break;
            }
        }
        catch (Exception end) when (end is TransportClosedException or TransportStreamException)
        {
            // The subscriber has ended the connection.
        }
    }
}
