using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>Creates connections between the endpoints of an in-memory network, for tests without a manager.</summary>
internal static class RealConnections
{
    /// <summary>Returns the dialed sides of new connections to one endpoint, numbered from 1.</summary>
    public static async Task<MoqConnection[]> CreateAsync(InMemoryNetwork network, int count, CancellationToken token)
    {
        var (dialer, listener) = (network.AddEndpoint("dialer"), network.AddEndpoint("listener"));
        listener.Listen(["moq-lite-03"]);
        var connections = new MoqConnection[count];
        for (var i = 0; i < count; i++)
        {
            var transport = await dialer.ConnectAsync(listener.Address, ["moq-lite-03"], token);
            connections[i] = new MoqConnection(
                i + 1, transport, isOutbound: true, network.Runtime, SessionLimits.Default, NullLogger.Instance);
        }

        return connections;
    }
}
