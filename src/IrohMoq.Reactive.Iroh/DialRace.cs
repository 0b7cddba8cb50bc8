using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Several dials to one peer: the first that succeeds wins, a later one is closed; if all fail, a peer that answered tells more than silence.</summary>
internal sealed class DialRace(Turns turns, int entrants)
{
    private readonly OneShot<QuicConnection> _winner = new(turns);
    private readonly Signal _changed = new(turns);
    private Exception? _telling;
    private int _failed;
    private int _begun;

    public Task<QuicConnection> Winner => _winner.Task;

    public bool IsWon => _winner.IsSet;

    public void Run(Task<QuicConnection> dial)
    {
        _begun++;
        _ = FollowAsync(dial);
    }

    /// <summary>Waits until it is won, everything that has begun has failed, or the time is over.</summary>
    public async ValueTask WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var limit = turns.Limit(time, cancellationToken);
        try
        {
            while (!IsWon && Volatile.Read(ref _failed) < _begun)
                await _changed.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // The next one may begin.
        }
    }

    private async Task FollowAsync(Task<QuicConnection> dial)
    {
        try
        {
            var connection = await dial.ConfigureAwait(false);
            if (!_winner.TrySet(connection))
                connection.Close(0, "another address was faster");
        }
        catch (Exception failure) when (failure is MoqConnectException or OperationCanceledException or InvalidOperationException)
        {
            if (failure is not MoqConnectException { Reason: ConnectFailure.TimedOut })
                _telling = failure;
            if (Interlocked.Increment(ref _failed) == entrants)
                _winner.TryFail(_telling ?? failure);
        }

        _changed.Set();
    }
}
