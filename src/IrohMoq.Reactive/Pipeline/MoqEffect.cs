namespace IrohMoq.Reactive.Pipeline;

/// <summary>What is to be done, as a value: the shell looks the numbers up and does it.</summary>
internal abstract record MoqEffect
{
    /// <summary>Dial a peer.</summary>
    internal sealed record StartDial(long Dial, EndpointAddr Remote) : MoqEffect;

    /// <summary>Nobody waits for the dial any more.</summary>
    internal sealed record CancelDial(long Dial) : MoqEffect;

    /// <summary>The dial has brought its result; nothing is kept of it.</summary>
    internal sealed record EndDial(long Dial) : MoqEffect;

    /// <summary>Give a caller a session that has been there before, if it is still open.</summary>
    internal sealed record OfferSession(long Waiter, long Dial, EndpointAddr Remote, long Session) : MoqEffect;

    /// <summary>Give a caller the session that it waited for, whatever has become of it.</summary>
    internal sealed record CompleteWaiter(long Waiter, long Session) : MoqEffect;

    /// <summary>Tell a caller that its dial failed.</summary>
    internal sealed record FailWaiter(long Waiter, long Dial) : MoqEffect;

    /// <summary>Tell a caller that there is nothing to wait for.</summary>
    internal sealed record RefuseWaiter(long Waiter, WaiterRefusal Refusal) : MoqEffect;

    /// <summary>Announce a broadcast on a session; one of the same name ends there first.</summary>
    internal sealed record Announce(long Session, long Broadcast) : MoqEffect;

    /// <summary>Take a broadcast back from a session. One that has taken its name stays.</summary>
    internal sealed record Withdraw(long Session, long Broadcast) : MoqEffect;

    /// <summary>Begin to serve a session and tell the observers of it.</summary>
    internal sealed record Open(long Session) : MoqEffect;

    /// <summary>Tell the observers that a session is over, and forget it.</summary>
    internal sealed record ReportClosed(long Session) : MoqEffect;

    /// <summary>Close an open session; it reports its end by itself.</summary>
    internal sealed record Close(long Session, MoqErrorCode Code, string Reason) : MoqEffect;

    /// <summary>Close a session that never opened, and forget it.</summary>
    internal sealed record Refuse(long Session, MoqErrorCode Code, string Reason) : MoqEffect;

    /// <summary>Forget a broadcast.</summary>
    internal sealed record Forget(long Broadcast) : MoqEffect;

    /// <summary>Everything is over: complete the streams and whoever waits for the shutdown.</summary>
    internal sealed record Finish : MoqEffect;
}
