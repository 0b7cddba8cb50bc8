using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Represents two endpoints with default options on loopback, one of which publishes a broadcast that the other subscribes to. Both exist
/// until the process ends.
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
        _publisher = Moq.Serve(publisher, OfferedProtocols.Options);
        _subscriber = new Moq(subscriber, OfferedProtocols.Options);
        _address = publisher.Address;
    }

    public BroadcastProducer Broadcast { get; } = new();

    public static async Task<StressLink> StartAsync()
    {
        // Every writer and reader may block a thread of the pool for some time.
        ThreadPool.SetMinThreads(8, 8);
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        return new StressLink(await IrohEndpoint.CreateAsync(options: options), await IrohEndpoint.CreateAsync(options: options));
    }

    /// <summary>Publishes the broadcast on one endpoint and subscribes to it on the other.</summary>
    public async Task<BroadcastConsumer> SubscribeAsync()
    {
        _publisher.Publish(Name, Broadcast);
        var session = await _subscriber.ConnectAsync(_address);
        return await session.SubscribeAsync(Name);
    }
}
