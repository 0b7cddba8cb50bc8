using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Measures how long a message of 1 kB takes to the peer and back on one stream: on an idle connection, and beside bulk data on the same
/// connection.
/// </summary>
internal sealed class PingPart : PairPart
{
    private const int Size = 1000;

    // The first byte of a message is its phase. The listener sees from it when a phase ends.
    private const byte WarmUp = 0;
    private const byte Idle = 1;
    private const byte BesideWarmUp = 2;
    private const byte Beside = 3;
    private const byte End = 4;

    public override string Name => "ping";

    public override async Task<IReadOnlyList<Cell>> RunAsync(EndpointSizes sizes)
    {
        var (listener, dialer) = await RunPairAsync<Phase[]>(sizes);
        const string idle = "idle";
        const string beside = "beside bulk";
        var cells = new List<Cell>();
        foreach (var (subject, phase) in new[] { (idle, 0), (beside, 1) })
        {
            var (listened, dialed) = (listener[phase], dialer[phase]);
            cells.Add(new Cell("p50 us", subject, 1e3 * dialed.Ages.P50));
            cells.Add(new Cell("p99 us", subject, 1e3 * dialed.Ages.P99));
            cells.Add(new Cell("max us", subject, 1e3 * dialed.Ages.Max));
            cells.Add(new Cell("pings/s", subject, dialed.Ages.Count / dialed.Usage.Seconds));
            cells.Add(new Cell("bulk MB/s", subject, listened.Bulk / 1e6 / listened.Usage.Seconds));
            var thousands = dialed.Ages.Count / 1e3;
            cells.AddRange(
                Costs.Of(subject, "1,000 pings", ("dialer", dialed.Usage, thousands), ("listener", listened.Usage, thousands)));
        }

        return [.. cells, .. Cell.Ratios(cells, beside, idle, "beside/idle", "p50 us", "p99 us")];
    }

    public override async Task ListenAsync(IrohEndpoint endpoint, EndpointSizes sizes, Func<object, Task> report)
    {
        await using var connection = await endpoint.AcceptAsync();
        var stream = await connection.AcceptBidiAsync();
        var bulk = new BulkStream();
        Task? reading = null;
        var message = new byte[Size];
        var starts = new List<(Usage Usage, long Bulk)>();
        for (var phase = WarmUp; phase != End;)
        {
            for (var read = 0; read < Size;)
                read += await stream.Receive.ReadAsync(message.AsMemory(read)) is > 0 and var count
                    ? count
                    : throw new InvalidDataException("The dialer has ended its stream within a message.");
            for (; phase < message[0]; phase++)
                starts.Add((endpoint.Usage(), bulk.Bytes));
            if (phase == BesideWarmUp)
                reading ??= bulk.ReadAsync(await connection.AcceptUniAsync());
            await stream.Send.WriteAsync(message);
        }

        await report(new[] { PhaseOf(Idle), PhaseOf(Beside) });
        await reading!;
        stream.Send.Finish();
        await stream.Send.Closed;

        Phase PhaseOf(byte phase)
        {
            var (start, end) = (starts[phase - 1], starts[phase]);
            return new Phase(Ages.Of([]), end.Usage - start.Usage, end.Bulk - start.Bulk);
        }
    }

    public override async Task DialAsync(IrohEndpoint endpoint, EndpointAddr peer, EndpointSizes sizes, Func<object, Task> report)
    {
        await using var connection = await endpoint.ConnectAsync(peer, [EndpointSide.Protocol]);
        var stream = await connection.OpenBidiAsync();
        var bulk = new BulkStream();
        var message = new byte[Size];
        await PhaseAsync(WarmUp);
        var idle = await PhaseAsync(Idle);
        var writing = bulk.WriteAsync(await connection.OpenUniAsync());
        await PhaseAsync(BesideWarmUp);
        var beside = await PhaseAsync(Beside);
        await PingAsync(End);
        bulk.Stop();
        await writing;
        await report(new[] { idle, beside });

        async Task<Phase> PhaseAsync(byte phase)
        {
            var (start, startBulk) = (endpoint.Usage(), bulk.Bytes);
            var ages = new List<double>();
            for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin).TotalSeconds < sizes.Seconds / 2;)
                ages.Add(await PingAsync(phase));
            return new Phase(Ages.Of(ages), endpoint.Usage() - start, bulk.Bytes - startBulk);
        }

        async Task<double> PingAsync(byte phase)
        {
            var start = Stopwatch.GetTimestamp();
            message[0] = phase;
            await stream.Send.WriteAsync(message);
            for (var read = 0; read < Size;)
                read += await stream.Receive.ReadAsync(message.AsMemory(read)) is > 0 and var count
                    ? count
                    : throw new InvalidDataException("The listener has ended its stream within a message.");
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }

    /// <summary>Represents the result of one side for one phase.</summary>
    /// <param name="Ages">The times of the messages, at the dialer.</param>
    /// <param name="Usage">What the process used.</param>
    /// <param name="Bulk">The number of bytes of bulk data.</param>
    private sealed record Phase(Ages Ages, Usage Usage, long Bulk);
}
