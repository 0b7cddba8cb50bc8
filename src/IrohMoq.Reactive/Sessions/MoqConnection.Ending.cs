using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <content>How a connection that another one replaces, or that has ended, is closed and disposed.</content>
internal sealed partial class MoqConnection
{
    /// <summary>The reason text that goes with <see cref="MoqErrorCode.Superseded"/>. It is for logs only: the code decides.</summary>
    internal const string SupersededReason = "superseded";

    private Task _retiring = Task.CompletedTask;

    /// <summary>
    /// Closes the connection when it carries no subscription any more, or when the limit elapses, unless it is the session's only
    /// connection by then. A second call changes nothing. Only the pipeline calls it.
    /// </summary>
    /// <param name="grace">
    /// How long to wait first if the peer knows of broadcasts on this connection: a subscription may be on its way.
    /// </param>
    /// <param name="limit">The maximum time that all of it takes.</param>
    internal void Retire(TimeSpan grace, TimeSpan limit)
    {
        if (_retiring.IsCompleted)
            _retiring = RetireAsync(grace, limit);
    }

    /// <summary>Disposes the ended transport connection after its last reader has finished, or after the time limit.</summary>
    /// <param name="limit">The maximum time to wait for readers.</param>
    /// <param name="atOnce">Ends that wait.</param>
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
                // Readers that are not finished by now fail with the end of the session.
            }
        }

        await Transport.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RetireAsync(TimeSpan grace, TimeSpan limit)
    {
        using var time = Runtime.Limit(limit, Over);
        try
        {
            if (HasAnnounced)
                await Runtime.DelayAsync(grace, time.Token).ConfigureAwait(false);
            await Carried.WaitForNoneAsync(time.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The limit has elapsed: what still runs here could have moved to the other connection. Or this connection has ended.
        }

        if (Host is not { } session || !session.IsCarriedOnlyBy(this))
            Close(MoqErrorCode.Superseded, SupersededReason);
    }
}
