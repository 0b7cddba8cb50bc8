using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>Sends datagrams at a constant rate, and receives their echoes. Some may be lost.</summary>
internal sealed class DatagramLoad(SoakMeter meter) : SoakLoad(meter, "datagram")
{
    private const int Size = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    protected override async Task DialAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop)
    {
        await using var connection = await ConnectAsync(dialer, listener, stop);
        using var tracking = Track(connection);
        var datagrams = (IDatagramConnection)connection;
        await Task.WhenAll(SendAsync(datagrams, stop), ReceiveAsync(datagrams, stop));
    }

    protected override async Task ServeAsync(ITransportConnection connection, CancellationToken stop)
    {
        var datagrams = (IDatagramConnection)connection;
        while (true)
            datagrams.TrySendDatagram((await datagrams.ReceiveDatagramAsync(stop)).Span);
    }

    private static async Task SendAsync(IDatagramConnection datagrams, CancellationToken stop)
    {
        var payload = new byte[Size];
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stop))
            datagrams.TrySendDatagram(payload);
    }

    private async Task ReceiveAsync(IDatagramConnection datagrams, CancellationToken stop)
    {
        while (true)
        {
            var echo = await datagrams.ReceiveDatagramAsync(stop);
            if (echo.Length != Size)
                throw new InvalidDataException($"the echo of a datagram has {echo.Length} bytes");
            Meter.Count(SoakWork.Datagrams);
        }
    }
}
