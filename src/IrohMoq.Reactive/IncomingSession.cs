using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Connections;

namespace IrohMoq.Reactive;

/// <summary>
/// A session that a peer dialed. By default it is open when it comes: what is published is announced to it already, and without a decision
/// it stays. With <see cref="MoqOptions.RequireAccept"/> the peer sees nothing before the session is accepted, and without a decision in
/// time it is refused. The first decision of any subscriber wins.
/// </summary>
public sealed class IncomingSession
{
    /// <summary>The reason text that goes with <see cref="MoqErrorCode.Rejected"/>.</summary>
    internal const string RejectReason = "rejected";

    private readonly SharedSession _session;

    internal IncomingSession(SharedSession session, long skipped)
    {
        _session = session;
        Skipped = skipped;
    }

    /// <summary>Gets the peer's id, verified by the transport; the default value if the transport knows none.</summary>
    public EndpointId RemoteId => _session.RemoteId;

    /// <summary>Gets the number of notices that this subscriber has missed since its last item because it was too slow.</summary>
    public long Skipped { get; }

    /// <summary>Accepts the session and returns a handle of it.</summary>
    /// <returns>
    /// A handle. While one exists the session stays open; it is closed when it has had no handle for <see cref="MoqOptions.Linger"/>. If
    /// the session was rejected before, <see cref="MoqSession.Closed"/> says so.
    /// </returns>
    public MoqSession Accept()
    {
        _session.LeaseTaken?.Invoke(_session);
        _session.TryAccept();
        return MoqSession.LeaseOf(_session);
    }

    /// <summary>Accepts the session if it has not been decided, and returns a handle of it.</summary>
    /// <param name="session">A handle, as <see cref="Accept"/> returns it.</param>
    /// <returns><see langword="false"/> if the session was decided before; then nothing changes.</returns>
    public bool TryAccept([NotNullWhen(true)] out MoqSession? session)
    {
        session = null;
        if (!_session.TryAccept())
            return false;
        _session.LeaseTaken?.Invoke(_session);
        session = MoqSession.LeaseOf(_session);
        return true;
    }

    /// <summary>Rejects the session: closes it with code 1 and the reason "rejected".</summary>
    /// <returns><see langword="false"/> if the session was decided before; then nothing changes.</returns>
    public bool Reject() => Reject(MoqErrorCode.Rejected, RejectReason);

    /// <summary>Rejects the session: closes it.</summary>
    /// <param name="code">The code that the peer sees.</param>
    /// <param name="reason">A text for the peer.</param>
    /// <returns><see langword="false"/> if the session was decided before; then nothing changes.</returns>
    public bool Reject(MoqErrorCode code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!_session.TryDecide())
            return false;
        _session.Refuse(code, reason);
        return true;
    }
}
