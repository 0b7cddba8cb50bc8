using IrohMoq.Reactive;

namespace IrohMoq.Load.Endpoint;

/// <summary>Measures an endpoint between two times.</summary>
internal static class Window
{
    /// <summary>Returns what the process has used so far.</summary>
    public static Usage Usage(this IrohEndpoint endpoint) => Load.Usage.Now(endpoint.Loop.Counters);

    /// <summary>Measures a transfer after a warm-up.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="seconds">The duration of the transfer, of which two seconds, or half, are the warm-up.</param>
    /// <param name="bytes">Returns the number of bytes that were transferred so far.</param>
    public static async Task<Figures> MeasureAsync(this IrohEndpoint endpoint, double seconds, Func<long> bytes)
    {
        var warmUp = Math.Min(2, seconds / 2);
        await Task.Delay(TimeSpan.FromSeconds(warmUp));
        var (start, startBytes) = (endpoint.Usage(), bytes());
        await Task.Delay(TimeSpan.FromSeconds(seconds - warmUp));
        var (end, endBytes) = (endpoint.Usage(), bytes());
        var usage = end - start;
        return new Figures(endBytes - startBytes, usage.Seconds, usage, 0, endpoint.Offload);
    }
}
