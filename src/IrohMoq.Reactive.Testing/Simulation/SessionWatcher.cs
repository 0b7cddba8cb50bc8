namespace IrohMoq.Reactive.Testing;

/// <summary>One observer of a peer's sessions, from whenever it comes: each opens once, closes once after that, and none is left open when the stream ends.</summary>
internal sealed class SessionWatcher : IObserver<SessionEvent>, IDisposable
{
    private readonly Journal _journal;
    private readonly string _peer;
    private readonly string _kind;
    private readonly Action<MoqSession>? _opened;
    private readonly List<MoqSession> _open = [];
    private readonly HashSet<MoqSession> _seen = [];
    private readonly IDisposable _subscription;

    public SessionWatcher(Journal journal, string peer, int number, Moq moq, Action<MoqSession>? opened = null)
    {
        _journal = journal;
        _peer = peer;
        _kind = $"observer {number}";
        _opened = opened;
        _subscription = moq.SessionEvents().Subscribe(this);
    }

    /// <summary>The sessions that this observer knows as open, in the order they opened.</summary>
    public IReadOnlyList<MoqSession> Open => _open;

    /// <summary>True when its stream has ended, or it has left.</summary>
    public bool IsOver { get; private set; }

    public void OnNext(SessionEvent value)
    {
        Told($"{_journal.NameOf(value.RemoteId)} {(value.Closed is { } closed ? $"closes, {closed.Cause} {closed.Code.Value} '{closed.Reason}' by {(closed.IsRemote ? "the peer" : "this side")}" : "opens")}");
        if (value.IsOpening)
        {
            if (!_seen.Add(value.Session))
                Violated("told of each opening once", value);
            _open.Add(value.Session);
            _opened?.Invoke(value.Session);
        }
        else if (!_open.Remove(value.Session))
        {
            Violated("told of a closing once, after the opening", value);
        }
    }

    public void OnError(Exception error) => End($"failed: {error.GetType().Name} {error.Message}");

    public void OnCompleted() => End("complete");

    public void Dispose()
    {
        IsOver = true;
        _subscription.Dispose();
    }

    private void End(string how)
    {
        IsOver = true;
        Told(how);
        if (_open.Count > 0)
            _journal.Violated(Invariant.NoLeak, $"{_peer}, {_kind}: every session is closed when the stream ends", $"sessions with {string.Join(", ", _open.Select(session => _journal.NameOf(session.RemoteId)))} are open");
    }

    private void Told(string what) => _journal.Write(_peer, "delivery", $"{_kind}: {what}");

    private void Violated(string expected, SessionEvent seen) => _journal.Violated(
        Invariant.OpenedFirst, $"{_peer}, {_kind}: {expected}", $"session with {_journal.NameOf(seen.RemoteId)} {(seen.IsOpening ? "opens again" : "closes")}");
}
