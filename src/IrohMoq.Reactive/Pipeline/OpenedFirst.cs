using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Keeps one subscriber from being told of the closing of a session whose opening it was not told of.</summary>
internal sealed class OpenedFirst
{
    // Weak: after a lag the closing of a session may never come.
    private readonly ConditionalWeakTable<SharedSession, SharedSession> _opened = [];

    public SessionEvent? Select(SessionNotice notice, long skipped)
    {
        if (notice.Event is not { } happened)
            return null;
        if (!happened.IsOpening)
            return _opened.Remove(notice.Session) ? happened : null;
        _opened.AddOrUpdate(notice.Session, notice.Session);
        return happened;
    }
}
