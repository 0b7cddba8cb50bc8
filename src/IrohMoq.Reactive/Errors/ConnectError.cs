namespace IrohMoq.Reactive;

/// <summary>What stood in the way of a dial.</summary>
public enum ConnectError
{
    /// <summary>Nothing below fits; the message and the inner exception tell.</summary>
    Other,

    /// <summary>No answer within the limit.</summary>
    TimedOut,

    /// <summary>Whoever answers at that address holds another key than the one that was dialed.</summary>
    WrongPeer,

    /// <summary>The peer speaks none of the offered protocols (ALPN).</summary>
    NoCommonProtocol,

    /// <summary>The peer refused the connection.</summary>
    Refused,

    /// <summary>The address is this endpoint's own id.</summary>
    SelfConnect,

    /// <summary>The address names no place that this endpoint can dial.</summary>
    NoAddress,

    /// <summary>This side has as many sessions as it may have.</summary>
    TooManySessions,
}
