using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <content>Looks for the connection on which the track continues, and subscribes on it.</content>
internal sealed partial class TrackSubscriber
{
    private bool _isLooking;

    /// <summary>Waits for another connection of the session, or for another source, and subscribes on it.</summary>
    private async Task LookAsync(Subscription current)
    {
        Volatile.Write(ref _isLooking, true);
        try
        {
            var (found, isSame) = await FindNextAsync(current).ConfigureAwait(false);
            if (isSame is true && found is { } connection)
            {
                Begin(connection);
            }
            else if (isSame is false)
            {
                _isReplaced = found is not null && current.Connection.IsLeaving;
                Volatile.Write(ref _isNowhere, true);
            }
        }
        catch (OperationCanceledException)
        {
            // The track subscriber has ended, or no connection was found in time; or the reason for which it searches has changed.
            if (!Volatile.Read(ref _isRedirected))
                Volatile.Write(ref _isNowhere, true);
        }
        catch
        {
            Volatile.Write(ref _isNowhere, true);
            throw;
        }
        finally
        {
            Volatile.Write(ref _isLooking, false);
            _changed.Set();
        }

        if (_over.IsCancellationRequested)
            Volatile.Read(ref _next)?.Withdraw();
    }

    private void Begin(MoqConnection connection)
    {
        Subscription next;
        var current = Volatile.Read(ref _current);
        if (current.End is not null && IsUntouched(current))
        {
            // Nothing continues: the readers have received nothing, and know nothing of the track.
            next = new Subscription(this, connection, start: null);
            Continue(next);
        }
        else
        {
            next = new Subscription(this, connection, FirstWanted());
            Volatile.Write(ref _next, next);
        }

        connection.Watch(next.RunAsync());
    }

    /// <summary>Waits for another connection of the session.</summary>
    /// <returns>The connection, and whether the track continues there; null if that connection ends before it is known.</returns>
    private async ValueTask<(MoqConnection? Connection, bool? IsSame)> FindInSessionAsync(Subscription current, CancellationToken token)
    {
        var found = await current.Connection.Host!.NextAsync(current.Connection, token).ConfigureAwait(false);
        if (found is null)
            return (null, false);
        // The time that another connection has to announce the broadcast begins with it.
        var limit = _front is null ? _over.Token : token;
        return (found, await IsSameContentAsync(current.Connection, found, limit).ConfigureAwait(false));
    }

    /// <summary>
    /// Returns the maximum time to wait for another connection: a subscription that was not accepted because the peer is going away has no
    /// longer to wait than for the answer of a publisher.
    /// </summary>
    private static TimeSpan SearchLimit(Subscription current) => current.End is { } end && end.Code == MoqErrorCode.GoingAway
        ? current.Connection.Limits.SubscribeAnswer
        : Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Returns the first subscription of a track whose connection the peer has asked this side to leave: on another connection, or the
    /// given one, which is not accepted, if no other connection carries the session in time.
    /// </summary>
    private async ValueTask<Subscription> FindFirstAsync(Subscription refused)
    {
        var left = refused.Connection;
        using var limit = _runtime.Limit(left.Limits.SubscribeAnswer, _over.Token);
        try
        {
            while (left.Host is { } host && await host.NextAsync(left, limit.Token).ConfigureAwait(false) is { } connection)
            {
                if (await IsSameContentAsync(left, connection, _over.Token).ConfigureAwait(false) is not { } isSame)
                    continue;
                if (isSame)
                    return new Subscription(this, connection, start: null);
                break;
            }
        }
        catch (OperationCanceledException)
        {
            // There is no other connection.
        }

        Volatile.Write(ref _isNowhere, true);
        return refused;
    }
}
