namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents an observer of the session events of a peer. Checks that each session opens once and then closes once, and that no session is
/// open when the stream ends. The observer may subscribe at any time. After an observer of the peer has skipped events, nothing more is
/// checked.
/// </summary>
internal sealed class SessionObserver : IObserver<SessionEvent>, IDisposable
{
    private readonly SimulatedPeer _peer;
    private readonly string _kind;
    private readonly Action<MoqSession>? _opened;
    private readonly List<MoqSession> _open = [];
    private readonly HashSet<MoqSession> _seen = [];
    private readonly IDisposable _subscription;

    public SessionObserver(SimulatedPeer peer, int number, Action<MoqSession>? opened = null)
    {
        _peer = peer;
        _kind = $"observer {number}";
        _opened = opened;
        _subscription = peer.Moq.SessionEvents().Subscribe(this);
    }

    /// <summary>Gets the sessions that are open according to the received events, in the order in which they opened.</summary>
    public IReadOnlyList<MoqSession> Open => _open;

    /// <summary>Gets a value that indicates whether the stream has ended or the observer has unsubscribed.</summary>
    public bool IsOver { get; private set; }

    public void OnNext(SessionEvent value)
    {
        Write($"{_peer.World.Names.NameOf(value.RemoteId)} {TextOf(value)}");
        if (value.IsOpening)
        {
            if (!_seen.Add(value.Session))
                ReportViolation("each session opens once", value);
            _open.Add(value.Session);
            _opened?.Invoke(value.Session);
        }
        else if (!_open.Remove(value.Session))
        {
            ReportViolation("a session closes once, after its opening", value);
        }
    }

    public void OnError(Exception error) => End($"failed: {error.GetType().Name} {error.Message}");

    public void OnCompleted() => End("complete");

    public void Dispose()
    {
        IsOver = true;
        _subscription.Dispose();
    }

    private static string TextOf(SessionEvent value) => value.Closed is { } closed
        ? $"closes, {closed.Cause} {closed.Code.Value} '{closed.Reason}' by {(closed.IsRemote ? "the peer" : "this side")}"
        : "opens";

    private void End(string how)
    {
        IsOver = true;
        Write(how);
        if (_open.Count == 0 || _peer.HasSkipped)
            return;
        _peer.World.Log.ReportViolation(
            ManagerInvariants.NoLeak,
            $"{_peer.Name}, {_kind}: every session is closed when the stream ends",
            $"sessions with {string.Join(", ", _open.Select(session => _peer.World.Names.NameOf(session.RemoteId)))} are open");
    }

    private void Write(string what) => _peer.World.Log.Write(_peer.Name, "delivery", $"{_kind}: {what}");

    private void ReportViolation(string expected, SessionEvent seen)
    {
        if (_peer.HasSkipped)
            return;
        _peer.World.Log.ReportViolation(
            ManagerInvariants.OpenedFirst,
            $"{_peer.Name}, {_kind}: {expected}",
            $"the session with {_peer.World.Names.NameOf(seen.RemoteId)} {(seen.IsOpening ? "opens again" : "closes")}");
    }
}
