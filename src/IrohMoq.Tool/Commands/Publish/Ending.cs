using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Publish;

/// <summary>
/// Represents what ends a run early: an interruption, the end of the only session over which the run publishes, or a dial that fails
/// permanently.
/// </summary>
internal sealed class Ending : IDisposable
{
    private readonly CancellationTokenSource _stop;

    public Ending(CancellationToken interrupted) => _stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);

    public CancellationToken Token => _stop.Token;

    /// <summary>Gets the exception that describes why the run cannot go on, or null if it can.</summary>
    public Exception? Reason { get; private set; }

    /// <summary>Ends the run when a session ends.</summary>
    public void EndWith(MoqSession session) => _ = WatchAsync(session);

    /// <summary>Ends the run when a task fails, with its exception.</summary>
    public void EndWith(Task task) => _ = WatchAsync(task);

    /// <summary>Cancels <see cref="Token"/> at the end of the run.</summary>
    public void Stop() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync(MoqSession session)
    {
        var closed = await session.Closed.ConfigureAwait(false);
        End(new MoqException(
            closed.Code, $"the session with {session.RemoteId.ToShortString()} has ended: {SessionEnd.Describe(closed)}", closed.IsRemote));
    }

    private async Task WatchAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (failure is not OperationCanceledException || !_stop.IsCancellationRequested)
                End(failure);
        }
    }

    private void End(Exception reason)
    {
        Reason = reason;
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
