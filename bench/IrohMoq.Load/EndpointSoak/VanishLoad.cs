using System.Net;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>
/// Connects through a proxy that vanishes while both sides send and neither reads, so that each side loses its peer without notice, and
/// times out.
/// </summary>
internal sealed class VanishLoad(SoakMeter meter) : SoakLoad(meter, "vanish")
{
    private const int Loops = 3;
    private const int Size = 100_000;

    protected override Task DialAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Loops).Select(async _ =>
        {
            while (true)
                await VanishAsync(dialer, listener, stop);
        }));

    protected override async Task ServeAsync(ITransportConnection connection, CancellationToken stop)
    {
        var stream = await connection.OpenUniAsync(stop);
        await stream.WriteAsync(new byte[Size], stop);
        await connection.Closed.WaitAsync(stop);
    }

    private async Task VanishAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop)
    {
        var target = listener.Addresses[0];
        using var proxy = new UdpProxy(new ProxyOptions { Listen = new IPEndPoint(target.Address, 0), Target = target });
        using var vanish = new CancellationTokenSource();
        var forwarding = Task.Factory.StartNew(
            () => proxy.Run(vanish.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await using var connection = await ConnectAsync(dialer, new EndpointAddr(listener.Id, proxy.ListenAddress), stop);
            using var tracking = Track(connection);
            var stream = await connection.OpenUniAsync(stop);
            await stream.WriteAsync(new byte[Size], stop);
            _ = await connection.AcceptUniAsync(stop);
            await vanish.CancelAsync();
            var end = await connection.Closed.WaitAsync(stop);
            if (end.Cause != TransportEndCause.TimedOut)
                throw new InvalidDataException($"a connection whose network has vanished has ended with {end}");
            Meter.Count(SoakWork.Vanished);
        }
        finally
        {
            await vanish.CancelAsync();
            await forwarding;
        }
    }
}
