using IrohMoq.Reactive.Connections;

namespace IrohMoq.Reactive;

/// <summary>
/// Contains the sessions that one subscriber has received and that have not ended. A subscriber that falls behind may miss the end of a
/// session, so ended sessions are removed whenever notices were skipped.
/// </summary>
internal sealed class SeenSessions
{
    private readonly HashSet<SharedSession> _sessions = [];
    private long _skipped;

    /// <summary>Gets the number of sessions.</summary>
    public int Count => _sessions.Count;

    /// <summary>Adds a session that the subscriber receives.</summary>
    public void Add(SharedSession session) => _sessions.Add(session);

    /// <summary>Removes a session. Returns <see langword="true"/> if the subscriber has received it.</summary>
    public bool Remove(SharedSession session) => _sessions.Remove(session);

    /// <summary>Removes the ended sessions if the subscriber has missed notices since the last item that was delivered to it.</summary>
    public void OnSkipped(long skipped)
    {
        // The number begins at zero again with each delivered item, so that a lower number is a new gap.
        if (skipped > 0 && skipped != _skipped)
            _sessions.RemoveWhere(static session => session.Ended is not null);
        _skipped = skipped;
    }
}
