using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Load.Endpoint;

/// <summary>Represents a part that runs on an endpoint in a listening and one in a dialing process.</summary>
internal abstract class PairPart : EndpointPart
{
    /// <summary>Runs the listening side.</summary>
    /// <param name="endpoint">The endpoint, which listens.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="report">Reports the result, and completes when both sides have reported theirs and the dialer has ended.</param>
    public abstract Task ListenAsync(IrohEndpoint endpoint, EndpointSizes sizes, Func<object, Task> report);

    /// <summary>Runs the dialing side.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="peer">The address of the listener.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="report">Reports the result, and completes when both sides have reported theirs.</param>
    public abstract Task DialAsync(IrohEndpoint endpoint, EndpointAddr peer, EndpointSizes sizes, Func<object, Task> report);

    /// <summary>Runs both sides and returns their results.</summary>
    protected async Task<(T Listened, T Dialed)> RunPairAsync<T>(EndpointSizes sizes)
    {
        var text = JsonSerializer.Serialize(sizes);
        var (listened, dialed) = await ProcessPair.RunAsync(
            ["endpoint-listen", Name, text], address => ["endpoint-dial", Name, text, address]);
        return (Parse<T>(listened), Parse<T>(dialed));
    }

    private static T Parse<T>(string line) => JsonSerializer.Deserialize<T>(line) ?? throw new InvalidDataException(line);
}
