using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Opens and closes many connections between two endpoints.</summary>
internal static class ManyConnections
{
    private const int AtOnce = 32;

    /// <summary>Dials several times at once, until there are enough connections. The arrays are in different orders.</summary>
    public static async Task<(ITransportConnection[] Dialed, ITransportConnection[] Accepted)> ConnectAsync(
        Endpoints endpoints, int count, CancellationToken token)
    {
        var dialed = new ITransportConnection[count];
        var accepted = new ITransportConnection[count];
        var next = -1;
        await Task.WhenAll([AcceptAsync(), .. Enumerable.Range(0, AtOnce).Select(_ => DialAsync())]);
        return (dialed, accepted);

        async Task AcceptAsync()
        {
            for (var i = 0; i < count; i++)
                accepted[i] = await endpoints.Listener.AcceptAsync(token);
        }

        async Task DialAsync()
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
                dialed[i] = await endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token);
        }
    }

    /// <summary>Closes all connections, and waits until they have ended.</summary>
    public static async Task CloseAsync((ITransportConnection[] Dialed, ITransportConnection[] Accepted) connections)
    {
        foreach (var connection in connections.Dialed)
            await connection.DisposeAsync();
        foreach (var connection in connections.Accepted)
            await connection.DisposeAsync();
    }

    /// <summary>Waits until the endpoints have no connection, connection id or reset token left.</summary>
    public static async Task WaitUntilEmptyAsync(Endpoints endpoints, CancellationToken token)
    {
        IrohEndpoint[] both = [endpoints.Dialer, endpoints.Listener];
        await WaitAsync(() => Array.TrueForAll(both, IsEmpty), token);
    }

    /// <summary>Waits until a condition is met.</summary>
    public static async Task WaitAsync(Func<bool> condition, CancellationToken token)
    {
        while (!condition())
            await Task.Delay(10, token);
    }

    private static bool IsEmpty(IrohEndpoint endpoint)
    {
        // An idle I/O thread removes the ids of closed connections when it has something else to do.
        endpoint.NetworkChanged();
        return endpoint.Loop.Connections.Count + endpoint.Loop.Connections.IdCount == 0;
    }
}
