using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Keeps one subscriber from getting an incoming session twice: when it is offered, and again when it has been accepted.</summary>
internal sealed class OfferedOnce
{
    // Weak: what has been offered is not kept.
    private readonly ConditionalWeakTable<SharedSession, SharedSession> _offered = [];

    public IncomingSession? Select(SessionNotice notice, long skipped) =>
        notice.IsIncoming && _offered.TryAdd(notice.Session, notice.Session) ? new IncomingSession(notice.Session, skipped) : null;
}
