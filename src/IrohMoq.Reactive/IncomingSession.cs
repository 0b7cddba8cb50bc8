using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <summary>
/// A session that a peer dialed. By default it is established when it comes: what is published is announced to it already, and without a decision it stays. With <see cref="MoqOptions.RequireAccept"/> the peer sees nothing
/// before it is accepted, and without a decision in time it is refused. The first decision wins, of whichever subscriber; later ones change nothing.
/// </summary>
public sealed class IncomingSession
{
    /// <summary>The reason that goes with <see cref="MoqErrorCode.Rejected"/>.</summary>
    internal const string RejectReason = "rejected";

    private readonly SharedSession _session;

    internal IncomingSession(SharedSession session, long skipped)
    {
        _session = session;
        Skipped = skipped;
    }

    /// <summary>Who dialed.</summary>
    public EndpointId RemoteId => _session.RemoteId;

    /// <summary>How many notices of sessions this subscriber has missed since its last item, because it was too slow.</summary>
    public long Skipped { get; }

    /// <summary>Takes the session.</summary>
    /// <returns>A hold of the session, also if it was decided before: if it was rejected, <see cref="MoqSession.Closed"/> tells.</returns>
    public MoqSession Accept()
    {
        _session.TryAccept();
        return new MoqSession(_session, giveBack: null);
    }

    /// <summary>Takes the session if nobody has decided about it.</summary>
    /// <param name="session">A hold of the session.</param>
    /// <returns>False if it was decided already; then nothing changes.</returns>
    public bool TryAccept([NotNullWhen(true)] out MoqSession? session)
    {
        session = _session.TryAccept() ? new MoqSession(_session, giveBack: null) : null;
        return session is not null;
    }

    /// <summary>Closes the session with code 1, reason "rejected".</summary>
    /// <returns>False if it was decided already; then nothing changes.</returns>
    public bool Reject() => Reject(MoqErrorCode.Rejected, RejectReason);

    /// <summary>Closes the session.</summary>
    /// <param name="code">What the peer sees.</param>
    /// <param name="reason">Text for the peer.</param>
    /// <returns>False if it was decided already; then nothing changes.</returns>
    public bool Reject(MoqErrorCode code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!_session.TryDecide())
            return false;
        _session.Refuse(code, reason);
        return true;
    }
}
