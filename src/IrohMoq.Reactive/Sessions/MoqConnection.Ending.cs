using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <content>Closes and disposes a connection that another one replaces or that has ended.</content>
internal sealed partial class MoqConnection
{
    /// <summary>
    /// The reason text that is sent with <see cref="MoqErrorCode.Superseded"/>. It is for logs only; peers act on the code.
    /// </summary>
    internal const string SupersededReason = "superseded";

    private Task _retiring = Task.CompletedTask;

    /// <summary>
    /// Closes the connection when it carries no subscriptions any more, or when the time limit elapses, unless it is the session's only
    /// connection by then. A repeated call while the connection is being retired has no effect. Only the pipeline calls this method.
    /// </summary>
    /// <param name="grace">
    /// The time to wait first if broadcasts were announced to the peer on this connection, because a subscription may be in flight.
    /// </param>
    /// <param name="limit">The maximum total time until the connection is closed.</param>
    internal void Retire(TimeSpan grace, TimeSpan limit)
    {
        if (_retiring.IsCompleted)
            _retiring = RetireAsync(grace, limit);
    }

    /// <summary>Disposes the ended transport connection after its last reader has finished, or after the time limit.</summary>
    /// <param name="limit">The maximum time to wait for readers.</param>
    /// <param name="atOnce">A token that ends the wait early.</param>
    internal async ValueTask DisposeAsync(TimeSpan limit, CancellationToken atOnce)
    {
        await _retiring.ConfigureAwait(false);
        using (var time = Runtime.Limit(limit, atOnce))
        {
            try
            {
                await WaitForReadersAsync(time.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Readers that have not finished by now fail with the end of the session.
            }
        }

        await Transport.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RetireAsync(TimeSpan grace, TimeSpan limit)
    {
        using (var time = Runtime.Limit(limit, Over))
            await FinishAsync(grace, time.Token).ConfigureAwait(false);
        if (Host is not { } session || !session.IsCarriedOnlyBy(this))
            Close(MoqErrorCode.Superseded, SupersededReason);
    }

    /// <summary>Waits until the connection carries nothing any more that could not continue on another one.</summary>
    /// <param name="grace">
    /// The time to wait first if broadcasts were announced to the peer on this connection, because a subscription may be in flight.
    /// </param>
    /// <param name="limit">The token that ends the wait for subscriptions that could move to another connection.</param>
    private async ValueTask FinishAsync(TimeSpan grace, CancellationToken limit)
    {
        try
        {
            if (HasAnnounced)
                await Runtime.DelayAsync(grace, limit).ConfigureAwait(false);
            await Carried.WaitForNoneAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time limit has elapsed, so remaining subscriptions had time to move to the other connection; or this connection has
            // ended.
        }

        try
        {
            // A subscription whose track has ended does not move: its readers have data left, and the publisher waits for their progress.
            await Served.WaitUntilDeliveredAsync(Over).ConfigureAwait(false);
            await Reading.WaitForNoneAsync(Over).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // This connection has ended.
        }
    }
}
