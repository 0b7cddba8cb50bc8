namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The session with a peer, as moq-lite on one of its connections sees it: it may go on when that connection does not. Any thread.
/// </summary>
internal interface ISessionHost
{
    /// <summary>What runs on the connection that stays, or null while there is none, and after the session's end.</summary>
    MoqConnection? Current { get; }

    /// <summary>What runs on the other connections of the session.</summary>
    /// <param name="than">What runs on this one.</param>
    IReadOnlyList<MoqConnection> Others(MoqConnection than);

    /// <summary>
    /// Waits until the session is carried by another connection than this one: at once if another one stays, also while this one is
    /// drained.
    /// </summary>
    /// <param name="than">What runs on the connection that is superseded or lost.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What runs on the connection that stays, or null if the session is over.</returns>
    ValueTask<MoqConnection?> NextAsync(MoqConnection than, CancellationToken cancellationToken);

    /// <summary>Determines whether the session is open and has no other connection than this one.</summary>
    /// <param name="connection">The connection.</param>
    bool IsCarriedOnlyBy(MoqConnection connection);
}
