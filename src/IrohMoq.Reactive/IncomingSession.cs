using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Connections;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a session that a peer dialed. By default the session is open when it is reported: published broadcasts are announced on
/// it already, and it stays open without a decision. With <see cref="MoqOptions.RequireAccept"/> no broadcast is announced to the peer
/// before the session is accepted, and the session is refused if it is not accepted in time. If several subscribers decide, only the
/// first decision counts.
/// </summary>
public sealed class IncomingSession
{
    /// <summary>The reason text that is sent with <see cref="MoqErrorCode.Rejected"/>.</summary>
    internal const string RejectReason = "rejected";

    private readonly SharedSession _session;

    internal IncomingSession(SharedSession session, long skipped)
    {
        _session = session;
        Skipped = skipped;
    }

    /// <summary>Gets the peer's ID, verified by the transport; the default value if the transport knows none.</summary>
    public EndpointId RemoteId => _session.RemoteId;

    /// <summary>
    /// Gets the path and the role that the peer states in its SETUP; null up to moq-lite-04, where a peer cannot state any. With
    /// <see cref="MoqOptions.RequireAccept"/> or <see cref="MoqOptions.AcceptPolicy"/> they have arrived before the session is reported;
    /// otherwise they may be null until then, and <see cref="MoqSession.WaitForRequestAsync"/> waits for them.
    /// </summary>
    public SessionRequest? Request => _session.Connections.Preferred.Request;

    /// <summary>Gets the number of notices that this subscriber missed before this item because it was too slow.</summary>
    public long Skipped { get; }

    /// <summary>Accepts the session and returns a handle of the session.</summary>
    /// <returns>
    /// A handle. The session stays open as long as a handle exists, and is closed when it has had no handle for
    /// <see cref="MoqOptions.Linger"/>. If the session was rejected before, the handle's <see cref="MoqSession.Closed"/> task reports the
    /// end.
    /// </returns>
    public MoqSession Accept()
    {
        _session.LeaseTaken?.Invoke(_session);
        _session.TryAccept();
        return MoqSession.LeaseOf(_session);
    }

    /// <summary>Accepts the session unless a decision was made before, and returns a handle of the session.</summary>
    /// <param name="session">The handle, like the one that <see cref="Accept"/> returns; null if the method returns false.</param>
    /// <returns><see langword="false"/> if a decision was made before; nothing changes in that case.</returns>
    public bool TryAccept([NotNullWhen(true)] out MoqSession? session)
    {
        session = null;
        if (!_session.TryAccept())
            return false;
        _session.LeaseTaken?.Invoke(_session);
        session = MoqSession.LeaseOf(_session);
        return true;
    }

    /// <summary>Rejects the session, which is closed with <see cref="MoqErrorCode.Rejected"/> and the reason "rejected".</summary>
    /// <returns><see langword="false"/> if a decision was made before; nothing changes in that case.</returns>
    public bool Reject() => Reject(MoqErrorCode.Rejected, RejectReason);

    /// <summary>Rejects the session, which is closed with the given code and reason.</summary>
    /// <param name="code">The code that is sent to the peer.</param>
    /// <param name="reason">The text that is sent to the peer.</param>
    /// <returns><see langword="false"/> if a decision was made before; nothing changes in that case.</returns>
    public bool Reject(MoqErrorCode code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!_session.TryDecide())
            return false;
        _session.Refuse(code, reason);
        return true;
    }
}
