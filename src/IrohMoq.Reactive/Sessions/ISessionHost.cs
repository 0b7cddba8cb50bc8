namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the session that a connection carries. A session may move to another connection. This type is thread-safe.
/// </summary>
internal interface ISessionHost
{
    /// <summary>Gets the connection that carries the session, or null while there is none and after the end of the session.</summary>
    MoqConnection? Current { get; }

    /// <summary>Returns the connections of the session except the given one.</summary>
    /// <param name="than">The connection to exclude.</param>
    IReadOnlyList<MoqConnection> Others(MoqConnection than);

    /// <summary>
    /// Waits until another connection carries the session. Returns immediately if there is one already, even while the given connection
    /// still finishes its subscriptions.
    /// </summary>
    /// <param name="than">The connection that is superseded or lost.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The connection that carries the session, or null if the session is over.</returns>
    ValueTask<MoqConnection?> NextAsync(MoqConnection than, CancellationToken cancellationToken);

    /// <summary>Determines whether the session is open and the given connection is its only one.</summary>
    /// <param name="connection">The connection.</param>
    bool IsCarriedOnlyBy(MoqConnection connection);
}
