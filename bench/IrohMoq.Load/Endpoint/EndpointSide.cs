using System.Net;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Load.Endpoint;

/// <summary>Runs one side of a <see cref="PairPart"/> in a process of its own. See <see cref="ProcessPair"/> for what it prints.</summary>
internal static class EndpointSide
{
    /// <summary>The protocol that both sides use.</summary>
    public const string Protocol = "endpoint-bench";

    public static async Task<int> ListenAsync(string part, string sizes)
    {
        await using var endpoint = await CreateEndpointAsync();
        endpoint.Listen([Protocol]);
        Console.WriteLine(endpoint.Ticket);
        await PartOf(part).ListenAsync(endpoint, SizesOf(sizes), ReportAsync);
        return 0;
    }

    public static async Task<int> DialAsync(string part, string sizes, string peer)
    {
        await using var endpoint = await CreateEndpointAsync();
        await PartOf(part).DialAsync(endpoint, EndpointTicket.Parse(peer).Address, SizesOf(sizes), ReportAsync);
        return 0;
    }

    private static ValueTask<IrohEndpoint> CreateEndpointAsync() =>
        IrohEndpoint.CreateAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });

    private static PairPart PartOf(string name) => EndpointBench.Parts.OfType<PairPart>().Single(part => part.Name == name);

    private static EndpointSizes SizesOf(string text) =>
        JsonSerializer.Deserialize<EndpointSizes>(text) ?? throw new InvalidDataException(text);

    private static async Task ReportAsync(object result)
    {
        Console.WriteLine(JsonSerializer.Serialize(result));
        // A read of the console would block its thread, which the pool needs.
        await Task.Factory.StartNew(
            static () => Console.In.ReadToEnd(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
