using System.Runtime.ExceptionServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>The end of a manager for something that goes on for as long as it lives: a token for its waits, and how it ended.</summary>
internal sealed class ManagerEnd : IDisposable
{
    // Never disposed: without a timer or a link of its own it holds nothing, and a late cancellation may still come.
#pragma warning disable CA2213
    private readonly CancellationTokenSource _source = new();
#pragma warning restore CA2213
    private readonly CancellationTokenRegistration _caller;
    private readonly Signal _over;
    private readonly IDisposable _watch;
    private Exception? _death;
    private volatile bool _isOver;

    public ManagerEnd(Moq moq, CancellationToken caller)
    {
        _over = new Signal(moq.Runtime);
        _caller = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        _watch = moq.SessionClosures.Subscribe(static _ => { }, End, () => End(null));
    }

    /// <summary>Canceled when the manager is over or the caller cancels.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True if the manager is over.</summary>
    public bool IsOver => _isOver;

    /// <summary>Waits until it is known how the manager ended; returns on a shutdown.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MoqException">The endpoint died.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (!_isOver)
            await _over.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_death is not null)
            ExceptionDispatchInfo.Throw(_death);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _caller.Unregister();
    }

    private void End(Exception? death)
    {
        _death = death;
        _isOver = true;
        _over.Set();
        _source.Cancel();
    }
}
