using System.Diagnostics;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.Endpoint;

/// <summary>Measures connects that are closed at once, one after the other and several at a time.</summary>
internal sealed class ConnectPart : PairPart
{
    private const int AtOnce = 16;

    // One warm-up connect for this number of measured connects.
    private const int ConnectsPerWarmUp = 5;

    public override string Name => "connects";

    public override async Task<IReadOnlyList<Cell>> RunAsync(EndpointSizes sizes)
    {
        var (listener, dialer) = await RunPairAsync<Phase[]>(sizes);
        var cells = new List<Cell>();
        var thousands = sizes.Connects / 1e3;
        foreach (var (subject, phase) in new[] { ("in turn", 0), ($"{AtOnce} at once", 1) })
        {
            var (listened, dialed) = (listener[phase], dialer[phase]);
            cells.Add(new Cell("connects/s", subject, sizes.Connects / dialed.Usage.Seconds));
            cells.Add(new Cell("p50 ms", subject, dialed.Ages.P50));
            cells.Add(new Cell("p99 ms", subject, dialed.Ages.P99));
            cells.AddRange(
                Costs.Of(subject, "1,000 connects", ("dialer", dialed.Usage, thousands), ("listener", listened.Usage, thousands)));
        }

        return cells;
    }

    public override async Task ListenAsync(IrohEndpoint endpoint, EndpointSizes sizes, Func<object, Task> report)
    {
        var ending = new List<Task>();
        await PhaseAsync(sizes.Connects / ConnectsPerWarmUp);
        var inTurn = await PhaseAsync(sizes.Connects);
        var atOnce = await PhaseAsync(sizes.Connects);
        await report(new[] { inTurn, atOnce });
        await Task.WhenAll(ending);

        async Task<Phase> PhaseAsync(int count)
        {
            var start = endpoint.Usage();
            for (var i = 0; i < count; i++)
                ending.Add(EndAsync(await endpoint.AcceptAsync()));
            return new Phase(Ages.Of([]), endpoint.Usage() - start);
        }
    }

    public override async Task DialAsync(IrohEndpoint endpoint, EndpointAddr peer, EndpointSizes sizes, Func<object, Task> report)
    {
        await PhaseAsync(sizes.Connects / ConnectsPerWarmUp, 1);
        var inTurn = await PhaseAsync(sizes.Connects, 1);
        var atOnce = await PhaseAsync(sizes.Connects, AtOnce);
        await report(new[] { inTurn, atOnce });

        async Task<Phase> PhaseAsync(int count, int most)
        {
            var start = endpoint.Usage();
            var ages = await Task.WhenAll(Enumerable.Range(0, most).Select(i => ConnectAsync((count / most) + (i < count % most ? 1 : 0))));
            return new Phase(Ages.Of([.. ages.SelectMany(static age => age)]), endpoint.Usage() - start);
        }

        async Task<List<double>> ConnectAsync(int count)
        {
            var ages = new List<double>();
            for (var i = 0; i < count; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await using var connection = await endpoint.ConnectAsync(peer, [EndpointSide.Protocol]);
                ages.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return ages;
        }
    }

    private static async Task EndAsync(ITransportConnection connection)
    {
        await connection.Closed;
        await connection.DisposeAsync();
    }

    /// <summary>Represents the result of one side for one phase.</summary>
    /// <param name="Ages">The times of the connects, at the dialer.</param>
    /// <param name="Usage">What the process used.</param>
    private sealed record Phase(Ages Ages, Usage Usage);
}
