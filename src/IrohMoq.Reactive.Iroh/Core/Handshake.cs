namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents the handshake of one connection: what it has negotiated, and whether both sides have accepted the connection.
/// </summary>
/// <param name="native">The native connection.</param>
/// <param name="identity">The identity of the peer.</param>
/// <param name="dial">The path of a dial, or null on a server.</param>
/// <param name="events">The object that receives the events.</param>
internal sealed class Handshake(NativeConnection native, PeerIdentity identity, DialPath? dial, ICoreEvents events)
{
    /// <summary>
    /// Gets a value that indicates whether the handshake is complete and, on a client, the server has accepted it.
    /// </summary>
    public bool IsEstablished { get; private set; }

    /// <summary>Gets the negotiated application protocol, or an empty string before the end of the handshake.</summary>
    public string Protocol { get; private set; } = "";

    /// <summary>Gets the reason for which the handshake must end the connection, or null.</summary>
    public CloseReason? Problem { get; private set; }

    private bool IsServer => dial is null;

    /// <summary>
    /// Called when the TLS handshake is complete. A server has verified the key of its client by then; a client does not know yet whether
    /// the server accepts it.
    /// </summary>
    /// <returns>False if the connection must end; see <see cref="Problem"/>.</returns>
    public bool OnCompleted()
    {
        dial?.Fix();
        Protocol = native.Protocol;
        Problem = identity.Verify(Protocol);
        if (Problem is not null)
            return false;
        IsEstablished = IsServer;
        events.OnHandshakeCompleted();
        return true;
    }

    /// <summary>Called when the peer has confirmed the handshake. On a client, the server has accepted it.</summary>
    public void OnConfirmed()
    {
        if (IsServer)
            return;
        IsEstablished = true;
        events.OnHandshakeConfirmed();
    }
}
