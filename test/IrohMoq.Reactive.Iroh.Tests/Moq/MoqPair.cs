using System.Net;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// A publisher that listens and a subscriber that has dialed it, over real QUIC on loopback, through a relay that can be cut.
/// </summary>
internal sealed class MoqPair : IAsyncDisposable
{
    private readonly IrohEndpoint _listener;
    private readonly IrohEndpoint _dialer;

    private MoqPair(IrohEndpoint listener, IrohEndpoint dialer, MoqOptions? subscriber)
    {
        _listener = listener;
        _dialer = dialer;
        Relay = new Relay(listener.LocalEndPoint);
        Publisher = Moq.Serve(listener);
        Subscriber = new Moq(dialer, subscriber);
    }

    public Relay Relay { get; }

    public Moq Publisher { get; }

    public Moq Subscriber { get; }

    public EndpointAddr Address => _listener.Address;

    /// <param name="change">What both endpoints have other than by default.</param>
    /// <param name="subscriber">What the subscriber has.</param>
    public static async Task<MoqPair> StartAsync(
        Func<IrohEndpointOptions, IrohEndpointOptions>? change = null, MoqOptions? subscriber = null)
    {
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        options = change?.Invoke(options) ?? options;
        return new MoqPair(await IrohEndpoint.CreateAsync(options: options), await IrohEndpoint.CreateAsync(options: options), subscriber);
    }

    /// <summary>Dials the publisher through the relay.</summary>
    public async Task<MoqSession> ConnectAsync(CancellationToken ct) =>
        await Subscriber.ConnectAsync(new EndpointAddr(_listener.Id, Relay.Address), ct);

    public async ValueTask DisposeAsync()
    {
        await Subscriber.DisposeAsync();
        await Publisher.DisposeAsync();
        await _dialer.DisposeAsync();
        await _listener.DisposeAsync();
        await Relay.DisposeAsync();
    }
}
