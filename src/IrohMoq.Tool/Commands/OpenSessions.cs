using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

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

    /// <summary>
    /// Closes all sessions at once, without waiting for what their peers have not yet received, and tells the peers why: because of a
    /// signal or because the reader of the output has left, with code 0; because the output cannot be written, with an error code.
    /// </summary>
    /// <param name="failure">Why the output cannot be written, or null if it can or is standard output.</param>
    public void CloseAll(IOException? failure = null)
    {
        failure ??= StandardStreams.Output.Failure;
        var code = failure is null || StandardStreams.IsReaderGone(failure) ? MoqErrorCode.Cancel : MoqErrorCode.Internal;
        var reason = failure is null ? "interrupted" : ExceptionText.ForPeer(failure);
        MoqSession[] open;
        lock (_gate)
            open = [.. _open];
        foreach (var session in open)
            session.Close(code, reason);
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
