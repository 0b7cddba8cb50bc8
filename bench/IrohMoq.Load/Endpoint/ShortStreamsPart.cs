using IrohMoq.Reactive;

namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Measures unidirectional streams of 1,200 bytes, one after the other: the cost is one for each stream, not for each byte.
/// </summary>
internal sealed class ShortStreamsPart : PairPart
{
    private const int Payload = 1200;

    // One warm-up stream for this number of measured streams.
    private const int StreamsPerWarmUp = 5;

    public override string Name => "short-streams";

    public override async Task<IReadOnlyList<Cell>> RunAsync(EndpointSizes sizes)
    {
        var (receiver, sender) = await RunPairAsync<Usage>(sizes);
        const string subject = "raw";
        var thousands = sizes.ShortStreams / 1e3;
        return
        [
            new Cell("streams/s", subject, sizes.ShortStreams / receiver.Seconds),
            .. Costs.Of(subject, "1,000 streams", ("sender", sender, thousands), ("receiver", receiver, thousands)),
        ];
    }

    public override async Task ListenAsync(IrohEndpoint endpoint, EndpointSizes sizes, Func<object, Task> report)
    {
        await using var connection = await endpoint.AcceptAsync();
        var buffer = new byte[2 * Payload];
        await report(await MeasureAsync(endpoint, sizes, async () =>
        {
            var stream = await connection.AcceptUniAsync();
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }));
    }

    public override async Task DialAsync(IrohEndpoint endpoint, EndpointAddr peer, EndpointSizes sizes, Func<object, Task> report)
    {
        await using var connection = await endpoint.ConnectAsync(peer, [EndpointSide.Protocol]);
        var payload = new byte[Payload];
        await report(await MeasureAsync(endpoint, sizes, async () =>
        {
            var stream = await connection.OpenUniAsync();
            await stream.WriteAsync(payload);
            stream.Finish();
        }));
    }

    private static async Task<Usage> MeasureAsync(IrohEndpoint endpoint, EndpointSizes sizes, Func<ValueTask> transfer)
    {
        for (var i = 0; i < sizes.ShortStreams / StreamsPerWarmUp; i++)
            await transfer();
        var start = endpoint.Usage();
        for (var i = 0; i < sizes.ShortStreams; i++)
            await transfer();
        return endpoint.Usage() - start;
    }
}
