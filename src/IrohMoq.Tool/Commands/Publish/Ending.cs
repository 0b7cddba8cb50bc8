using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands.Publish;

/// <summary>Represents what ends a run early: an interruption, or the end of the only session over which the run publishes.</summary>
internal sealed class Ending : IDisposable
{
    private readonly CancellationTokenSource _stop;

    public Ending(CancellationToken interrupted) => _stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);

    public CancellationToken Token => _stop.Token;

    /// <summary>Gets the exception that describes the end of the session, or null if it has not ended.</summary>
    public MoqException? Reason { get; private set; }

    /// <summary>Ends the run when a session ends, unless all subscribers have read everything by then.</summary>
    public void EndWith(MoqSession session) => _ = WatchAsync(session);

    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync(MoqSession session)
    {
        var closed = await session.Closed.ConfigureAwait(false);
        var reason = closed.Reason.Length > 0 ? $", '{closed.Reason}'" : "";
        Reason = new MoqException(
            closed.Code, $"the session with {session.RemoteId.ToShortString()} has ended: code {closed.Code}{reason}", closed.IsRemote);
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run had ended before.
        }
    }
}
