using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Files;

/// <summary>Determines whether the failure of a transfer is the end of its session.</summary>
internal static class SessionOfFailure
{
    /// <summary>
    /// The maximum time by which the end of a session arrives after the first stream that fails with it. A peer that ends a transfer always
    /// ends the session.
    /// </summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>Waits a moment for the end of the session.</summary>
    /// <returns>How the session has ended, which tells more than the stream, or null if it goes on.</returns>
    public static async Task<SessionClosed?> WaitForEndAsync(MoqSession session, Runtime runtime, CancellationToken cancellationToken)
    {
        using var limit = runtime.Limit(MaxDelay, cancellationToken);
        try
        {
            return await session.Closed.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            return null;
        }
    }
}
