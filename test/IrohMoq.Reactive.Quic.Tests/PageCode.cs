using System.Net;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>The code of docs/quic-endpoint.md. It is compiled, and compared with the page; other tests run the same calls.</summary>
internal static class PageCode
{
    public static async Task ServePeersAsync()
    {
        await using var endpoint = await QuicEndpoint.CreateAsync(SecretKey.LoadOrCreate("me.key"));
        await using var moq = Moq.Serve(endpoint);
    }

    public static async Task DialServerAsync(QuicEndpoint endpoint, Moq moq)
    {
        var connection = await endpoint.ConnectToServerAsync(
            new DnsEndPoint("relay.example.org", 443), moq.ProtocolHandler.Protocols);
        await using var session = MoqSession.Connect(connection);
    }
}
