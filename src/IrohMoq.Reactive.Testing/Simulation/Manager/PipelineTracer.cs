using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Traces the events and effects of the manager of one peer, and checks the order in which sessions are opened and reported as closed.
/// </summary>
internal sealed class PipelineTracer(SimulationLog log, PeerNames names, string peer) : IPipelineWitness
{
    private readonly HashSet<long> _open = [];

    public void OnEvent(MoqEvent happened) => Write("event", happened);

    public void OnEffect(MoqEffect effect)
    {
        Write("effect", effect);
        switch (effect)
        {
            case MoqEffect.Open open when !_open.Add(open.Session):
                log.ReportViolation(ManagerInvariants.OpenedFirst, $"{peer} opens session {open.Session} once", "it opens it again");
                break;
            case MoqEffect.ReportClosed closed:
                CheckClosed(closed.Session);
                break;
            case MoqEffect.ReportSuperseded superseded:
                CheckClosed(superseded.Session);
                break;
            case MoqEffect.ReportHeldClosed held:
                CheckClosed(held.Session);
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

    // Events and effects are records: their text has all of their values.
    private void Write(string kind, object value) =>
        log.Write(peer, kind, $"{kind} {value.GetType().Name}", names.Replace(value.ToString()!));
}
