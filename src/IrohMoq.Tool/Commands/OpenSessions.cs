using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Reports the sessions that open and close. Disposed after the manager, whose shutdown closes the sessions and so causes the last events.
/// </summary>
internal sealed class OpenSessions : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<MoqSession> _open = [];
    private readonly IOutput _output;
    private readonly DrainedSubscription<SessionEvent> _events;

    public OpenSessions(Moq moq, IOutput output, Runtime runtime)
    {
        _output = output;
        _events = new DrainedSubscription<SessionEvent>(moq.SessionEvents(), On, runtime);
    }

    /// <summary>Closes all sessions at once, with code 0, without waiting for what their peers have not yet received.</summary>
    public void CloseAll()
    {
        MoqSession[] open;
        lock (_gate)
            open = [.. _open];
        foreach (var session in open)
            session.Close(MoqErrorCode.Cancel, "interrupted");
    }

    public ValueTask DisposeAsync() => _events.DisposeAsync();

    private void On(SessionEvent e)
    {
        lock (_gate)
        {
            if (e.IsOpening)
                _open.Add(e.Session);
            else
                _open.Remove(e.Session);
        }

        if (e.Closed is { } closed)
            _output.Closed(closed);
        else
            _output.Connected(e.RemoteId, e.Session.Protocol);
    }
}
