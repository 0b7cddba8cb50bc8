using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing;

/// <summary>Traces the events and effects of one peer's pipeline, and looks at the order in which sessions are to be opened and reported as closed.</summary>
internal sealed class TracingWitness(Journal journal, string peer) : IPipelineTap
{
    private readonly HashSet<long> _open = [];

    public void OnEvent(MoqEvent happened) => journal.WriteEvent(peer, happened);

    public void OnEffect(MoqEffect effect)
    {
        journal.WriteValue(peer, "effect", effect);
        switch (effect)
        {
            case NoticeEffect.SessionOpened open when !_open.Add(open.Session):
                journal.Violated(Invariant.OpenedFirst, $"{peer} opens session {open.Session} once", "it opens it again");
                break;
            case NoticeEffect.SessionEnded closed when !_open.Remove(closed.Session):
                journal.Violated(Invariant.OpenedFirst, $"{peer} reports the closing of session {closed.Session} once, after its opening", "it reports it while the session is not open");
                break;
        }
    }
}
