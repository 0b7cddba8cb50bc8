using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the request for a broadcast that is not published under its name. Subscribers wait until the request is accepted or rejected.
/// All members are thread-safe.
/// </summary>
public sealed class PendingBroadcast
{
    private readonly BroadcastRequests _requests;
    // The request that is answered: this object, or the one that it shows by another name.
    private readonly PendingBroadcast _request;

    internal PendingBroadcast(BroadcastRequests requests, BroadcastPath path) => (_requests, _request, Path) = (requests, this, path);

    private PendingBroadcast(PendingBroadcast request, BroadcastPath path) =>
        (_requests, _request, Path) = (request._requests, request._request, path);

    /// <summary>Gets the name of the broadcast, without the root of the scope in which it is requested.</summary>
    public BroadcastPath Path { get; }

    /// <summary>Gets the subscribers that wait for the answer. The caller must hold the lock of the requests.</summary>
    internal HashSet<Signal> Waiters { get; } = [];

    /// <summary>Gets or sets the broadcast with which the request was accepted. The caller must hold the lock of the requests.</summary>
    internal BroadcastConsumer? Answer { get; set; }

    /// <summary>Gets or sets the code with which the request was rejected. The caller must hold the lock of the requests.</summary>
    internal MoqErrorCode? Refusal { get; set; }

    internal bool IsAnswered => Answer is not null || Refusal is not null;

    /// <summary>Accepts the request, as <see cref="Accept(BroadcastConsumer)"/> does, with a broadcast of this process.</summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <exception cref="ArgumentException">The subscribers wait in virtual time, and the broadcast uses another clock.</exception>
    /// <exception cref="MoqException">The request was accepted or rejected before (<see cref="MoqErrorCode.Duplicate"/>).</exception>
    public void Accept(BroadcastProducer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        Accept(broadcast.Consume());
    }

    /// <summary>
    /// Accepts the request: subscribers receive the broadcast, and so do later ones until it ends. The broadcast is not announced. While it
    /// has no reader it may be forgotten; the next subscriber then requests it again.
    /// </summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <exception cref="ArgumentException">The subscribers wait in virtual time, and the broadcast uses another clock.</exception>
    /// <exception cref="MoqException">The request was accepted or rejected before (<see cref="MoqErrorCode.Duplicate"/>).</exception>
    public void Accept(BroadcastConsumer broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        _requests.Accept(_request, broadcast);
    }

    /// <summary>
    /// Rejects the request with <see cref="MoqErrorCode.NotFound"/>, as <see cref="Reject(MoqErrorCode)"/> does with another code.
    /// </summary>
    public void Reject() => Reject(MoqErrorCode.NotFound);

    /// <summary>
    /// Rejects the request: its subscribers fail with the code. A later subscriber requests the broadcast again. Has no effect on a request
    /// that was accepted or rejected before.
    /// </summary>
    /// <param name="code">The error code that subscribers receive.</param>
    public void Reject(MoqErrorCode code) => _requests.Reject(_request, code);

    /// <summary>Returns the request by the name that it has in a scope.</summary>
    internal PendingBroadcast ViewedAs(BroadcastPath path) => path == Path ? this : new PendingBroadcast(this, path);
}
