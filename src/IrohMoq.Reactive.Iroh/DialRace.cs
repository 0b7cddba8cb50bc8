using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Several dials to one peer. The first that succeeds wins; the others are canceled, and closed and disposed if they succeed nevertheless.
/// </summary>
internal sealed class DialRace(Runtime runtime, int entrants, CancellationToken caller) : IDisposable
{
    private readonly Completion<QuicConnection> _winner = new(runtime);
    private readonly Lock _gate = new();
    private readonly Signal _changed = new(runtime);
    private readonly CancellationTokenSource _others = CancellationTokenSource.CreateLinkedTokenSource(caller);
    private Exception? _reported;
    private int _failed;
    private int _begun;

    public Task<QuicConnection> Winner => _winner.Task;

    public bool IsWon => _winner.IsSet;

    /// <summary>Gets a token that is canceled when one of the dials has won.</summary>
    public CancellationToken Token => _others.Token;

    public void Run(Task<QuicConnection> dial)
    {
        _begun++;
        _ = FollowAsync(dial);
    }

    /// <summary>Waits until a dial has won, the race is canceled, all dials that have begun have failed, or the time has passed.</summary>
    public async ValueTask WaitAsync(TimeSpan time)
    {
        using var limit = runtime.Limit(time, Token);
        try
        {
            while (!IsWon && Volatile.Read(ref _failed) < _begun)
                await _changed.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The next dial may begin, or the race is decided.
        }
    }

    /// <summary>Cancels the race for its caller, unless a dial has won.</summary>
    public void GiveUp() => _winner.TryFail(new OperationCanceledException(caller));

    public void Dispose()
    {
        _others.Cancel();
        _others.Dispose();
    }

    private async Task FollowAsync(Task<QuicConnection> dial)
    {
        try
        {
            var connection = await dial.ConfigureAwait(false);
            if (_winner.TrySet(connection))
            {
                // Canceled here rather than by the waiting caller: the earlier it happens, the fewer of the others are established.
                _others.Cancel();
            }
            else
            {
                connection.Close(0, "another address was faster");
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is MoqConnectException or OperationCanceledException or InvalidOperationException)
        {
            Note(failure);
            if (Interlocked.Increment(ref _failed) == entrants)
                _winner.TryFail(_reported ?? failure);
        }

        _changed.Set();
    }

    /// <summary>
    /// Keeps the failure to report. An answer says more than silence, and an answer that may change says more than a final one: the final
    /// one may come from another endpoint that has one of the addresses by now.
    /// </summary>
    private void Note(Exception failure)
    {
        lock (_gate)
        {
            if (failure is not MoqConnectException { Error: ConnectError.TimedOut }
                && _reported is not MoqConnectException { IsTransient: true })
                _reported = failure;
        }
    }
}
