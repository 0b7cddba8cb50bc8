using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Two endpoints with their defaults over loopback, a broadcast on one and a session of the other. Ends with the process.
/// </summary>
#pragma warning disable CA1001 // The process ends with it.
internal sealed class StressLink
#pragma warning restore CA1001
{
    private const string Name = "robot";

    private readonly Moq _publisher;
    private readonly Moq _subscriber;
    private readonly EndpointAddr _address;

    private StressLink(IrohEndpoint publisher, IrohEndpoint subscriber)
    {
        _publisher = Moq.Serve(publisher);
        _subscriber = new Moq(subscriber);
        _address = publisher.Address;
    }

    public BroadcastProducer Broadcast { get; } = new();

    public static async Task<StressLink> StartAsync()
    {
        // Every writer and reader may block a thread of the pool for a while.
        ThreadPool.SetMinThreads(8, 8);
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        return new StressLink(await IrohEndpoint.CreateAsync(options: options), await IrohEndpoint.CreateAsync(options: options));
    }

    /// <summary>Publishes the broadcast, and subscribes to it.</summary>
    public async Task<BroadcastConsumer> SubscribeAsync()
    {
        _publisher.Publish(Name, Broadcast);
        var session = await _subscriber.ConnectAsync(_address);
        return await session.SubscribeAsync(Name);
    }
}
