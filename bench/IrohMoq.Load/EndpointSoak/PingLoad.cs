using System.Diagnostics;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>Sends messages of 1 kB on 20 streams, each after the echo of the previous one, and measures how long the echoes take.</summary>
internal sealed class PingLoad(SoakMeter meter) : SoakLoad(meter, "ping")
{
    private const int Streams = 20;
    private const int MessagesPerStream = 100;
    private const int MessageSize = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    protected override async Task DialAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop)
    {
        await using var connection = await ConnectAsync(dialer, listener, stop);
        using var tracking = Track(connection);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(number => PingAsync(connection, new Random(number), stop)));
    }

    protected override async Task ServeAsync(ITransportConnection connection, CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(async _ =>
        {
            while (true)
                await EchoAsync(await connection.AcceptBidiAsync(stop), stop);
        }));
    }

    private static async Task EchoAsync(BidiStream stream, CancellationToken stop)
    {
        var buffer = new byte[MessageSize];
        while (await stream.Receive.ReadAsync(buffer, stop) is > 0 and var count)
            await stream.Send.WriteAsync(buffer.AsMemory(0, count), stop);
        stream.Send.Finish();
    }

    private async Task PingAsync(ITransportConnection connection, Random random, CancellationToken stop)
    {
        var message = new byte[MessageSize];
        var echo = new byte[MessageSize];
        while (true)
        {
            var stream = await connection.OpenBidiAsync(stop);
            for (var i = 0; i < MessagesPerStream; i++)
            {
                random.NextBytes(message);
                var written = Stopwatch.GetTimestamp();
                await stream.Send.WriteAsync(message, stop);
                for (var read = 0; read < MessageSize;)
                {
                    read += await stream.Receive.ReadAsync(echo.AsMemory(read), stop) is > 0 and var count
                        ? count
                        : throw new InvalidDataException("an echo has ended early");
                }

                Meter.CountPing(written);
                if (!echo.AsSpan().SequenceEqual(message))
                    throw new InvalidDataException("an echo has other bytes");
                await Task.Delay(Pause * random.NextDouble() * 2, stop);
            }

            stream.Send.Finish();
            if (await stream.Receive.ReadAsync(echo, stop) != 0)
                throw new InvalidDataException("an echo does not end");
        }
    }
}
