using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Traces the events and effects of the manager of one peer, and checks the order in which sessions are opened and reported as closed.
/// </summary>
internal sealed class PipelineTracer(SimulationLog log, PeerNames names, string peer) : IPipelineTap
{
    private readonly HashSet<long> _open = [];

    public void OnEvent(MoqEvent happened) => Write("event", happened);

    public void OnEffect(MoqEffect effect)
    {
        Write("effect", effect);
        switch (effect)
        {
            case NoticeEffect.SessionOpened opened when !_open.Add(opened.Session):
                log.ReportViolation(ManagerInvariants.OpenedFirst, $"{peer} opens session {opened.Session} once", "it opens it again");
                break;
            case NoticeEffect.SessionEnded ended:
                CheckClosed(ended.Session);
                break;
        }
    }

    private void CheckClosed(long session)
    {
        if (_open.Remove(session))
            return;
        var expected = $"{peer} reports the closing of session {session} once, after its opening";
        log.ReportViolation(ManagerInvariants.OpenedFirst, expected, "the session is not open");
    }

    // Events and effects are records, whose text contains all their values.
    private void Write(string kind, object value) =>
        log.Write(peer, kind, $"{kind} {value.GetType().Name}", names.Replace(value.ToString()!));
}
