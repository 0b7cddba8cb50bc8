using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>Opens and closes connections: some without a stream, some after a stream, some in the middle of one.</summary>
internal sealed class ChurnLoad(SoakMeter meter) : SoakLoad(meter, "churn")
{
    private const int Loops = 4;
    private const int Size = 20_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    protected override Task DialAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Loops).Select(number => LoopAsync(dialer, listener, new Random(number), stop)));

    protected override async Task ServeAsync(ITransportConnection connection, CancellationToken stop)
    {
        var buffer = new byte[Size];
        while (true)
        {
            var stream = await connection.AcceptBidiAsync(stop);
            while (await stream.Receive.ReadAsync(buffer, stop) > 0)
            {
            }

            stream.Send.Finish();
        }
    }

    private async Task LoopAsync(IrohEndpoint dialer, EndpointAddr listener, Random random, CancellationToken stop)
    {
        while (true)
        {
            await using (var connection = await ConnectAsync(dialer, listener, stop))
            {
                using var tracking = Track(connection);
                await UseAsync(connection, random.Next(4), stop);
                connection.Close(1, "churn");
            }

            Meter.Count(SoakWork.Connects);
            await Task.Delay(Pause * random.NextDouble() * 2, stop);
        }
    }

    private static async Task UseAsync(ITransportConnection connection, int way, CancellationToken stop)
    {
        if (way == 0)
            return;
        var stream = await connection.OpenBidiAsync(stop);
        await stream.Send.WriteAsync(new byte[Size], stop);
        switch (way)
        {
            case 1:
                // The connection is closed in the middle of the stream.
                return;
            case 2:
                stream.Send.Reset(2);
                stream.Receive.Stop(2);
                return;
            default:
                stream.Send.Finish();
                if (await stream.Receive.ReadAsync(new byte[1], stop) != 0)
                    throw new InvalidDataException("a stream has bytes that were not sent");
                return;
        }
    }
}
