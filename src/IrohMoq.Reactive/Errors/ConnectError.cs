namespace IrohMoq.Reactive;

/// <summary>
/// The reason why a dial failed. <see cref="MoqConnectException.IsTransient"/> tells the reasons that may pass by themselves from those
/// that stay until somebody changes something.
/// </summary>
public enum ConnectError
{
    /// <summary>The failure has no value of its own here; see the message and the inner exception. Worth dialing again.</summary>
    Other,

    /// <summary>The peer did not answer within the time limit. Worth dialing again.</summary>
    TimedOut,

    /// <summary>
    /// The endpoint at that address holds another key than the one that was dialed. Not worth dialing again at the same address.
    /// </summary>
    WrongPeer,

    /// <summary>The peer accepts connections, but for none of the offered protocols (ALPN). Not worth dialing again.</summary>
    NoCommonProtocol,

    /// <summary>
    /// The peer's application does not accept this peer, and closed the connection with an error code. Not worth dialing again.
    /// </summary>
    Refused,

    /// <summary>The address is this endpoint's own id. Not worth dialing again.</summary>
    SelfConnect,

    /// <summary>The address contains no address that this endpoint can dial. Not worth dialing again.</summary>
    NoAddress,

    /// <summary>This side has as many sessions as it may have. Worth dialing again after one of them has ended.</summary>
    TooManySessions,

    /// <summary>The peer refuses new connections at present, because it is full or under load. Worth dialing again after a wait.</summary>
    Busy,

    /// <summary>
    /// No application accepts connections at the peer at present: it is starting or shutting down. Worth dialing again after a wait.
    /// </summary>
    NotServing,
}
