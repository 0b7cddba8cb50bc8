namespace IrohMoq.Reactive.Sessions;

/// <summary>The session with a peer, as moq-lite on one of its connections sees it: it may go on when that connection does not. Any thread.</summary>
internal interface ISessionHost
{
    /// <summary>What runs on the connection that stays, or null while there is none, and after the session's end.</summary>
    Session? Current { get; }

    /// <summary>What runs on the other connections of the session.</summary>
    /// <param name="than">What runs on this one.</param>
    IReadOnlyList<Session> Others(Session than);

    /// <summary>Waits until the session is carried by another connection than this one: at once if another one stays, also while this one is drained.</summary>
    /// <param name="than">What runs on the connection that is superseded or lost.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What runs on the connection that stays, or null if the session is over.</returns>
    ValueTask<Session?> NextAsync(Session than, CancellationToken cancellationToken);
}
