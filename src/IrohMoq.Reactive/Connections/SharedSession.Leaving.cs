using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Connections;

/// <content>Asks the peer to leave the connections of the session.</content>
internal sealed partial class SharedSession
{
    private const string StayedReason = "the peer did not leave in time";

    /// <summary>Gets the maximum time that a peer may take to leave.</summary>
    public TimeSpan GoawayTimeout { get; init; }

    /// <summary>
    /// Gets or sets the action that reports that the application asks the peer to leave. It is called before the peer is asked.
    /// </summary>
    public Action<SharedSession>? GoingAway { get; init; }

    /// <summary>
    /// Asks the peer to leave the current connections, and closes those that it has not left in time. The session may continue over another
    /// connection. On a connection of moq-lite-03, only the delivery of finished tracks is waited for.
    /// </summary>
    /// <returns>True if the peer has left all of them by itself.</returns>
    public async Task<bool> AskToLeaveAsync(string uri, TimeSpan time, CancellationToken cancellationToken)
    {
        // This is reported first, so that the connection that the peer dials finds the session going away.
        GoingAway?.Invoke(this);
        var connections = Connections.All;
        var asked = Array.FindAll([.. connections], static connection => connection.HasGoaway);
        using var limit = Runtime.Limit(time, cancellationToken);
        Ask(asked, uri);
        foreach (var connection in connections.Except(asked))
        {
            await WaitAsync(connection.Served.WaitUntilDeliveredAsync(limit.Token)).ConfigureAwait(false);
            connection.Close(MoqErrorCode.Cancel, "");
        }

        var isLeft = await HasLeftAsync(asked, limit.Token).ConfigureAwait(false);
        foreach (var connection in asked)
            connection.Close(MoqErrorCode.GoawayTimeout, StayedReason);
        return isLeft && asked.Length == connections.Length;
    }

    /// <summary>
    /// Asks the peer to leave the connections that it has dialed, and closes the session when it has, and the finished tracks are
    /// delivered.
    /// </summary>
    /// <param name="code">The code for a peer that was not asked, or has not left in time.</param>
    /// <param name="reason">The reason text that is sent with the code.</param>
    /// <param name="goaway">The maximum time that the peer may take to leave. With zero, it is not asked.</param>
    /// <param name="limit">The maximum total time.</param>
    public async Task ShutDownAsync(MoqErrorCode code, string reason, TimeSpan goaway, TimeSpan limit)
    {
        var from = Runtime.GetTimestamp();
        MoqConnection[] asked = goaway > TimeSpan.Zero ? [.. Connections.All.Where(static connection => connection.MayBeAskedToLeave)] : [];
        using (var time = Runtime.Limit(goaway < limit ? goaway : limit))
        {
            Ask(asked, "");
            await HasLeftAsync(asked, time.Token).ConfigureAwait(false);
        }

        await CloseWhenDeliveredAsync(code, reason, limit - Runtime.GetElapsedTime(from)).ConfigureAwait(false);
    }

    private static void Ask(MoqConnection[] connections, string uri)
    {
        foreach (var connection in connections)
            connection.Watch(connection.Goaway.SendAsync(connection.IsOutbound ? "" : uri, connection.Over).AsTask());
    }

    private static async ValueTask<bool> HasLeftAsync(MoqConnection[] connections, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var connection in connections)
                await connection.WhenEndedAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async ValueTask WaitAsync(ValueTask work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time limit has elapsed.
        }
    }
}
