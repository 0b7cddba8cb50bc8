using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load;

/// <summary>
/// Measures short unidirectional streams between two processes: each stream carries one frame of 100 bytes. The results support the design
/// decisions on the cost of a group of one frame, which is a cost per stream and not per byte.
/// </summary>
internal static class StreamBench
{
    private const string Protocol = "streams-bench";
    private const int Rounds = 3;
    private const double Seconds = 4;
    private const int Payload = 100;
    private static readonly byte[] Header = [1, 2, 3];

    public static async Task<int> RunAsync()
    {
        var rates = new List<double>();
        foreach (var way in new[] { "out", "in" })
        {
            for (var round = 0; round < Rounds; round++)
            {
                using var listener = ProcessPair.Start("streams-listen", way);
                var address = (await listener.StandardOutput.ReadLineAsync())!;
                using var dialer = ProcessPair.Start("streams-dial", way, address);
                var dialed = await dialer.StandardOutput.ReadLineAsync();
                await dialer.WaitForExitAsync();
                await listener.StandardInput.WriteLineAsync();
                var listened = await listener.StandardOutput.ReadLineAsync();
                await listener.WaitForExitAsync();
                var (sender, receiver) = way == "out" ? (dialed!, listened!) : (listened!, dialed!);
                Console.WriteLine($"{way,-4} sender: {sender}   receiver: {receiver}");
                rates.Add(double.Parse(receiver.Split(' ')[0], CultureInfo.InvariantCulture));
            }
        }

        var (outgoing, incoming) = (Median.Of(rates.Take(Rounds)), Median.Of(rates.Skip(Rounds)));
        Console.WriteLine(
            JsonSerializer.Serialize(new { bench = "streams", streams_s_out = Math.Round(outgoing), streams_s_in = Math.Round(incoming) }));
        return 0;
    }

    public static async Task<int> ListenAsync(string way)
    {
        await using var endpoint = await CreateEndpointAsync();
        endpoint.Listen([Protocol]);
        Console.WriteLine(endpoint.Ticket);
        await using var connection = await endpoint.AcceptAsync();
        var figures = way == "out" ? await ReceiveAsync(connection) : await SendAsync(connection);
        Console.WriteLine(figures);
        await connection.Closed;
        Console.ReadLine();
        return 0;
    }

    public static async Task<int> DialAsync(string way, string peer)
    {
        await using var endpoint = await CreateEndpointAsync();
        await using var connection = await endpoint.ConnectAsync(EndpointTicket.Parse(peer), [Protocol]);
        Console.WriteLine(way == "out" ? await SendAsync(connection) : await ReceiveAsync(connection));
        return 0;
    }

    private static async Task<string> SendAsync(ITransportConnection connection)
    {
        var block = BlockPool.Shared.Rent(Payload);
        var slice = new BlockSlice(block, 0, Payload);
        var cost = new Cost();
        var ends = new Ends();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds;)
        {
            var stream = await connection.OpenUniAsync();
            await stream.WriteBlockAsync(Header, slice);
            stream.Finish();
            // The end is observed, because the sender of a group must know when the group has arrived.
            ((INotifyingStream)stream).NotifyEnd(ends);
            cost.Count();
        }

        var figures = cost.ToString();
        var end = await connection.OpenUniAsync();
        await end.WriteAsync(new byte[] { 0 });
        end.Finish();
        await end.Closed;
        return figures;
    }

    private static async Task<string> ReceiveAsync(ITransportConnection connection)
    {
        var buffer = new byte[1024];
        var cost = new Cost();
        while (true)
        {
            var stream = await connection.AcceptUniAsync();
            var length = 0;
            while (await stream.ReadAsync(buffer) is > 0 and var count)
                length += count;
            if (length == 1)
                return cost.ToString();
            cost.Count();
        }
    }

    private static ValueTask<IrohEndpoint> CreateEndpointAsync() =>
        IrohEndpoint.CreateAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });

    private sealed class Ends : IStreamEndObserver
    {
        private long _count;

        public void OnStreamEnd(ISendStream stream, StreamEnd end) => _count++;
    }

    /// <summary>Measures the number of streams per second and the cost of one stream, after a warm-up.</summary>
    private sealed class Cost
    {
        private const int WarmUp = 50_000;
        private long _count;
        private long _start;
        private TimeSpan _cpu;
        private long _allocated;
        private long _last;

        public void Count()
        {
            if (++_count == WarmUp)
            {
                _cpu = Process.GetCurrentProcess().TotalProcessorTime;
                _allocated = GC.GetTotalAllocatedBytes();
                _start = Stopwatch.GetTimestamp();
            }

            _last = Stopwatch.GetTimestamp();
        }

        public override string ToString()
        {
            var streams = _count - WarmUp;
            var cpu = (Process.GetCurrentProcess().TotalProcessorTime - _cpu).TotalMicroseconds / streams;
            return string.Create(CultureInfo.InvariantCulture, $"{streams / Stopwatch.GetElapsedTime(_start, _last).TotalSeconds:0} "
                + $"streams/s, {cpu:0.00} us CPU, {(double)(GC.GetTotalAllocatedBytes() - _allocated) / streams:0} bytes each");
        }
    }
}
