using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Quic;

/// <summary>Disposes objects of System.Net.Quic whose disposal nothing awaits.</summary>
internal static class BackgroundDisposal
{
    /// <summary>
    /// Begins to dispose an object. A failure is logged, because no caller learns of it. This method does not throw.
    /// </summary>
    public static void DisposeInBackground(this ILogger log, IAsyncDisposable resource) => _ = DisposeAsync(log, resource);

    private static async Task DisposeAsync(ILogger log, IAsyncDisposable resource)
    {
        try
        {
            await resource.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            log.DisposeFault(resource.GetType().Name, fault);
        }
    }
}
