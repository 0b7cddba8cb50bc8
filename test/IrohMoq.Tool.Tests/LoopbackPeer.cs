using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>A peer in the process of the test, which uses the library directly.</summary>
internal sealed class LoopbackPeer : IAsyncDisposable
{
    private LoopbackPeer(IrohEndpoint endpoint, Moq moq)
    {
        Endpoint = endpoint;
        Moq = moq;
    }

    public IrohEndpoint Endpoint { get; }

    public Moq Moq { get; }

    public string Ticket => Endpoint.Ticket.ToString();

    public static async Task<LoopbackPeer> ServeAsync(CancellationToken token)
    {
        var endpoint = await IrohEndpoint.CreateAsync(
            options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) }, cancellationToken: token);
        return new LoopbackPeer(endpoint, Moq.Serve(endpoint));
    }

    public async ValueTask DisposeAsync()
    {
        await Moq.DisposeAsync();
        await Endpoint.DisposeAsync();
    }
}
