namespace IrohMoq.Reactive.Pipeline;

/// <summary>What is to be done, as a value: the shell looks the numbers up and does it.</summary>
internal abstract record MoqEffect
{
    /// <summary>Dial a peer.</summary>
    internal sealed record StartDial(long Dial, EndpointId Peer) : MoqEffect;

    /// <summary>Nobody waits for the dial any more.</summary>
    internal sealed record CancelDial(long Dial) : MoqEffect;

    /// <summary>The dial has brought its result; nothing is kept of it.</summary>
    internal sealed record EndDial(long Dial) : MoqEffect;

    /// <summary>Give a caller its session.</summary>
    internal sealed record CompleteWaiter(long Waiter, long Session) : MoqEffect;

    /// <summary>Tell a caller that its dial failed.</summary>
    internal sealed record FailWaiter(long Waiter, long Dial) : MoqEffect;

    /// <summary>Tell a caller that there is nothing to wait for after shutdown.</summary>
    internal sealed record RefuseWaiter(long Waiter) : MoqEffect;

    /// <summary>Announce a broadcast on a session; one of the same name ends there first.</summary>
    internal sealed record Announce(long Session, long Broadcast) : MoqEffect;

    /// <summary>Take a broadcast back from a session.</summary>
    internal sealed record Withdraw(long Session, long Broadcast) : MoqEffect;

    /// <summary>Begin to serve a session and tell the observers of it.</summary>
    internal sealed record Open(long Session) : MoqEffect;

    /// <summary>Tell the observers that a session is over, and forget it.</summary>
    internal sealed record ReportClosed(long Session) : MoqEffect;

    /// <summary>Close a session with a code and a reason.</summary>
    internal sealed record Close(long Session, MoqErrorCode Code, string Reason) : MoqEffect;

    /// <summary>Forget a broadcast.</summary>
    internal sealed record Forget(long Broadcast) : MoqEffect;
}
