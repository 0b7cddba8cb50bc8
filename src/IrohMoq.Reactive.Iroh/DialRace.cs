using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Represents concurrent dials of several addresses of one peer. The first dial that succeeds wins. The other dials are canceled; if one of
/// them succeeds nevertheless, its connection is closed and disposed.
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

    /// <summary>Gets a token that is canceled when a dial has won or the caller has canceled.</summary>
    public CancellationToken Token => _others.Token;

    public void Run(Task<QuicConnection> dial)
    {
        _begun++;
        _ = FollowAsync(dial);
    }

    /// <summary>
    /// Waits until a dial has won, the caller has canceled, all dials that have been started have failed, or the specified time has passed.
    /// </summary>
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
            // The time has passed, or a dial has won, or the caller has canceled. The calling code checks which.
        }
    }

    /// <summary>Fails the task of the caller with an <see cref="OperationCanceledException"/>, unless a dial has already won.</summary>
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
                // Canceled here and not by the waiting caller: the earlier the cancellation, the fewer of the other connections are
                // established.
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
    /// Stores the failure if it is more informative than the one stored so far. A response from the peer takes precedence over a timeout. A
    /// transient failure takes precedence over a permanent one, because the permanent one may come from another endpoint that now uses one
    /// of the addresses.
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
