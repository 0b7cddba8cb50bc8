namespace IrohMoq.Reactive;

/// <summary>
/// A session that a peer dialled. It is established when it comes: what is published is announced to it already. The first decision wins, of whichever subscriber; without one it stays.
/// </summary>
public sealed class IncomingSession
{
    /// <summary>The reason that goes with <see cref="MoqErrorCode.Rejected"/>.</summary>
    internal const string RejectReason = "rejected";

    private readonly MoqSession _session;

    internal IncomingSession(MoqSession session, long skipped)
    {
        _session = session;
        Skipped = skipped;
    }

    /// <summary>Who dialled.</summary>
    public EndpointId RemoteId => _session.RemoteId;

    /// <summary>How many session events this subscriber has missed since its last item, because it was too slow.</summary>
    public long Skipped { get; }

    /// <summary>Takes the session.</summary>
    /// <returns>The session, also if another subscriber decided first: look at <see cref="MoqSession.Closed"/>.</returns>
    public MoqSession Accept()
    {
        _session.TryDecide();
        return _session;
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
