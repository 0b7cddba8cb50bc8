namespace IrohMoq.Reactive.Endpoints;

/// <summary>Provides the end of an endpoint.</summary>
internal static class EndpointEnd
{
    /// <summary>
    /// Waits until an endpoint has ended, and returns what has ended it, or null if it was disposed. The returned task never fails: a task
    /// of the endpoint that fails, which it must not, has told the end as well, for which others wait.
    /// </summary>
    public static async Task<Exception?> WhenEndedAsync(this IEndpoint endpoint)
    {
        try
        {
            return await endpoint.Closed.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            return fault;
        }
    }
}
