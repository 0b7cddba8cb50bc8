using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <content>Provides the path and the role that the client of the session has stated.</content>
public sealed partial class MoqSession
{
    /// <summary>
    /// Gets the path and the role that the client has stated in its SETUP: those with which this side has dialed, or those of the peer.
    /// Null up to moq-lite-04, where a client cannot state any, and until those of the peer have arrived. See moq-lite, "SETUP".
    /// </summary>
    public SessionRequest? Request => _shared.Connections.Preferred.Request;

    /// <summary>
    /// Waits for the path and the role of the client. The session is open meanwhile: use <see cref="MoqOptions.AcceptPolicy"/> or
    /// <see cref="MoqOptions.RequireAccept"/> to refuse a peer by them before it is served.
    /// </summary>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <returns>The path and the role, or null if the version of the session cannot carry them.</returns>
    /// <exception cref="MoqSessionClosedException">The session has ended before they have arrived.</exception>
    public async Task<SessionRequest?> WaitForRequestAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var connection = _shared.Connections.Preferred;
            if (connection.Request is { } request)
                return request;
            if (connection.Setup is not { } setup)
                return null;
            using var limit = _shared.Runtime.Limit(Timeout.InfiniteTimeSpan, cancellationToken);
            using var ended = connection.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
            try
            {
                await setup.WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The connection may have been replaced by another one, for which the client states them anew.
                if (connection == _shared.Connections.Preferred)
                    throw connection.ClosedException(await connection.WhenEndedAsync().ConfigureAwait(false));
            }
        }
    }
}
