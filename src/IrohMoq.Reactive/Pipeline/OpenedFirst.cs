using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Keeps one subscriber from being told of the closing of a session whose opening it was not told of.</summary>
internal sealed class OpenedFirst
{
    // Weak: after a lag the closing of a session may never come.
    private readonly ConditionalWeakTable<MoqSession, MoqSession> _opened = [];

    public SessionEvent? Select(SessionEvent happened, long skipped) =>
        happened.IsOpening ? Opened(happened) : _opened.Remove(happened.Session) ? happened : null;

    private SessionEvent Opened(SessionEvent happened)
    {
        _opened.AddOrUpdate(happened.Session, happened.Session);
        return happened;
    }
}
