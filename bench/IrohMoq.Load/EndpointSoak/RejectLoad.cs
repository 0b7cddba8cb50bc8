using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>
/// Dials with a protocol that is not served, and with the id of another peer; and sends bytes to a listener that closes the connection
/// without reading them.
/// </summary>
internal sealed class RejectLoad(SoakMeter meter) : SoakLoad(meter, "reject")
{
    private const ulong Code = 9;
    private const int Size = 200_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    protected override async Task DialAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop)
    {
        var other = new EndpointAddr(SecretKey.Generate().Id, [.. listener.Addresses]);
        while (true)
        {
            await ExpectAsync(dialer.ConnectAsync(listener, ["soak-unknown"], stop), ConnectError.NoCommonProtocol);
            await ExpectAsync(dialer.ConnectAsync(other, Protocols, stop), ConnectError.WrongPeer);
            await ExpectCloseAsync(dialer, listener, stop);
            await Task.Delay(Pause, stop);
        }
    }

    protected override async Task ServeAsync(ITransportConnection connection, CancellationToken stop)
    {
        var stream = await connection.AcceptUniAsync(stop);
        _ = await stream.ReadAsync(new byte[1], stop);
        connection.Close(Code, "rejected");
    }

    private async Task ExpectAsync(ValueTask<ITransportConnection> dialing, ConnectError expected)
    {
        try
        {
            await using var connection = await dialing;
            throw new InvalidOperationException($"a dial that must fail with {expected} has succeeded");
        }
        catch (MoqConnectException failure) when (failure.Error == expected)
        {
            Meter.Count(SoakWork.Rejected);
        }
    }

    private async Task ExpectCloseAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop)
    {
        await using var connection = await ConnectAsync(dialer, listener, stop);
        using var tracking = Track(connection);
        try
        {
            var stream = await connection.OpenUniAsync(stop);
            await stream.WriteAsync(new byte[Size], stop);
        }
        catch (TransportClosedException)
        {
            // The close has arrived during the write.
        }

        var end = await connection.Closed.WaitAsync(stop);
        if (end is not { Cause: TransportEndCause.ClosedByApplication, Code: Code, IsRemote: true })
            throw new InvalidDataException($"a rejected connection has ended with {end}");
        Meter.Count(SoakWork.Rejected);
    }
}
