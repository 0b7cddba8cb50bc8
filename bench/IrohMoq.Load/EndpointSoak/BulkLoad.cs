using System.Diagnostics;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>Sends streams of 16 MB at a constant rate, two at once, and compares every byte.</summary>
internal sealed class BulkLoad(SoakMeter meter) : SoakLoad(meter, "bulk")
{
    private const int Streams = 2;
    private const int StreamSize = 16 << 20;
    private const int WriteSize = 256 << 10;
    private const double BytesPerSecond = 10e6;

    // Twice the pattern, so that each part of a stream is one slice.
    private static readonly byte[] Pattern = CreatePattern();

    protected override async Task DialAsync(IrohEndpoint dialer, EndpointAddr listener, CancellationToken stop)
    {
        await using var connection = await ConnectAsync(dialer, listener, stop);
        using var tracking = Track(connection);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => WriteAsync(connection, stop)));
    }

    protected override async Task ServeAsync(ITransportConnection connection, CancellationToken stop) =>
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => ReadAsync(connection, stop)));

    private static byte[] CreatePattern()
    {
        var pattern = new byte[2 * WriteSize];
        new Random(1).NextBytes(pattern.AsSpan(0, WriteSize));
        pattern.AsSpan(0, WriteSize).CopyTo(pattern.AsSpan(WriteSize));
        return pattern;
    }

    private static async Task WriteAsync(ITransportConnection connection, CancellationToken stop)
    {
        while (true)
        {
            var clock = Stopwatch.StartNew();
            var stream = await connection.OpenUniAsync(stop);
            for (var sent = 0; sent < StreamSize; sent += WriteSize)
            {
                await stream.WriteAsync(Pattern.AsMemory(0, WriteSize), stop);
                var ahead = TimeSpan.FromSeconds(sent / BytesPerSecond) - clock.Elapsed;
                if (ahead > TimeSpan.Zero)
                    await Task.Delay(ahead, stop);
            }

            stream.Finish();
            var end = await stream.Closed.WaitAsync(stop);
            if (end.Cause != StreamEndCause.Acknowledged)
                throw new InvalidDataException($"a stream has ended with {end}");
        }
    }

    private async Task ReadAsync(ITransportConnection connection, CancellationToken stop)
    {
        var buffer = new byte[WriteSize];
        while (true)
        {
            var stream = await connection.AcceptUniAsync(stop);
            var total = 0;
            while (await stream.ReadAsync(buffer, stop) is > 0 and var count)
            {
                if (!buffer.AsSpan(0, count).SequenceEqual(Pattern.AsSpan(total % WriteSize, count)))
                    throw new InvalidDataException($"stream {stream.Id} has other bytes between {total} and {total + count}");
                total += count;
                Meter.Count(SoakWork.BulkBytes, count);
            }

            if (total != StreamSize)
                throw new InvalidDataException($"stream {stream.Id} has ended after {total} bytes");
        }
    }
}
