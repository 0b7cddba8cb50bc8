using IrohMoq.Reactive;

namespace IrohMoq.Load.Endpoint;

/// <summary>Measures many streams of bulk data on one connection beside one stream, and whether all of them get their share.</summary>
internal sealed class ParallelPart : PairPart
{
    private const string Rate = "rate MB/s";
    private const string Cpu = "cpu s/GB, both";

    public override string Name => "parallel";

    public override async Task<IReadOnlyList<Cell>> RunAsync(EndpointSizes sizes)
    {
        var cells = new List<Cell>();
        var (one, many) = ("1 stream", $"{sizes.Streams} streams");
        foreach (var (subject, streams) in new[] { (one, 1), (many, sizes.Streams) })
        {
            var (receiver, sender) = await RunPairAsync<Result>(sizes with { Streams = streams });
            cells.Add(new Cell(Rate, subject, receiver.Figures.MegabytesPerSecond));
            cells.Add(new Cell("slowest stream/mean", subject, (double)receiver.Slowest * streams / receiver.Figures.Bytes));
            cells.AddRange(
                Costs.Of(
                    subject, "GB", ("sender", sender.Figures.Usage, sender.Figures.Bytes / 1e9),
                    ("receiver", receiver.Figures.Usage, receiver.Figures.Bytes / 1e9)));
        }

        return [.. cells, .. Cell.Ratios(cells, many, one, "many/one", Rate, Cpu)];
    }

    public override async Task ListenAsync(IrohEndpoint endpoint, EndpointSizes sizes, Func<object, Task> report)
    {
        await using var connection = await endpoint.AcceptAsync();
        var streams = Streams(sizes);
        var reading = new List<Task>();
        foreach (var stream in streams)
            reading.Add(stream.ReadAsync(await connection.AcceptUniAsync()));
        await report(await MeasureAsync(endpoint, sizes, streams));
        await Task.WhenAll(reading);
    }

    public override async Task DialAsync(IrohEndpoint endpoint, EndpointAddr peer, EndpointSizes sizes, Func<object, Task> report)
    {
        await using var connection = await endpoint.ConnectAsync(peer, [EndpointSide.Protocol]);
        var streams = Streams(sizes);
        var writing = new List<Task>();
        foreach (var stream in streams)
            writing.Add(stream.WriteAsync(await connection.OpenUniAsync()));
        await report(await MeasureAsync(endpoint, sizes, streams));
        foreach (var stream in streams)
            stream.Stop();
        await Task.WhenAll(writing);
    }

    private static BulkStream[] Streams(EndpointSizes sizes) =>
        [.. Enumerable.Range(0, sizes.Streams).Select(static _ => new BulkStream())];

    private static async Task<Result> MeasureAsync(IrohEndpoint endpoint, EndpointSizes sizes, BulkStream[] streams)
    {
        long[][] looks = [];
        var figures = await endpoint.MeasureAsync(sizes.Seconds, () =>
        {
            looks = [.. looks, [.. streams.Select(static stream => stream.Bytes)]];
            return looks[^1].Sum();
        });
        return new Result(figures, looks[^1].Zip(looks[0], static (end, start) => end - start).Min());
    }

    /// <summary>Represents the result of one side.</summary>
    /// <param name="Figures">The transfer of all streams together.</param>
    /// <param name="Slowest">The number of bytes of the stream that was the slowest.</param>
    private sealed record Result(Figures Figures, long Slowest);
}
