using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Interop.Tests;

/// <summary>This library's side of an interop test: an endpoint on loopback and a <see cref="Reactive.Moq"/> on it.</summary>
internal sealed class MoqPeer : IAsyncDisposable
{
    private MoqPeer(IrohEndpoint endpoint, MoqOptions? options)
    {
        Endpoint = endpoint;
        Moq = Moq.Serve(endpoint, options);
    }

    public IrohEndpoint Endpoint { get; }

    public Moq Moq { get; }

    /// <param name="key">The key, or null for a new one.</param>
    /// <param name="options">The options, or null for an endpoint on loopback.</param>
    /// <param name="moqOptions">The options of the manager, or null for the defaults.</param>
    public static async Task<MoqPeer> StartAsync(
        SecretKey? key = null, IrohEndpointOptions? options = null, MoqOptions? moqOptions = null)
    {
        options ??= new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        return new MoqPeer(await IrohEndpoint.CreateAsync(key, options), moqOptions);
    }

    /// <summary>Dials a Node peer that does not listen yet.</summary>
    public async Task<MoqSession> DialAsync(NodePeer peer, CancellationToken ct)
    {
        var listening = await peer.AskAsync(new { cmd = "listen" }, "listening", ct);
        return await Moq.ConnectAsync(EndpointTicket.Parse(listening.Text("ticket")), ct);
    }

    /// <summary>Lets a Node peer dial this one.</summary>
    public Task<NodeEvent> DialedByAsync(NodePeer peer, CancellationToken ct, bool raw = false, bool read = true) =>
        peer.AskAsync(new { cmd = "dial", ticket = Endpoint.Ticket.ToString(), raw, read }, "connected", ct);

    public async ValueTask DisposeAsync()
    {
        await Moq.DisposeAsync();
        await Endpoint.DisposeAsync();
    }
}
