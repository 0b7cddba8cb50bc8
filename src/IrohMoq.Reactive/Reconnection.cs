using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Dials one peer repeatedly on behalf of one subscriber, until the subscriber unsubscribes, the manager ends, or dialing again would
/// lead to the same failure.
/// </summary>
internal sealed class Reconnection
{
    private readonly Moq _moq;
    private readonly EndpointAddr _remote;
    private readonly ReconnectOptions _options;
    private readonly CancellationToken _stop;
    private readonly Backoff _backoff;

    private Reconnection(Moq moq, EndpointAddr remote, ReconnectOptions options, CancellationToken stop)
    {
        _moq = moq;
        _remote = remote;
        _options = options;
        _stop = stop;
        _backoff = new Backoff(options, moq.Runtime, moq.RandomSource.Split());
    }

    private string Peer => _remote.Id.ToShortString();

    public static async IAsyncEnumerable<MoqSession> ReadAsync(
        Moq moq, EndpointAddr remote, ReconnectOptions options, [EnumeratorCancellation] CancellationToken stop)
    {
        var reconnection = new Reconnection(moq, remote, options, stop);
        while (await reconnection.NextAsync().ConfigureAwait(false) is { } session)
        {
            SessionClosed closed;
            var from = moq.Runtime.GetTimestamp();
            await using (session.ConfigureAwait(false))
            {
                yield return session;
                await session.OriginConsumer.WaitForEndAsync(stop).ConfigureAwait(false);
                closed = await session.Shared.WhenClosedAsync().ConfigureAwait(false);
            }

            await reconnection.WaitAfterAsync(closed, moq.Runtime.GetElapsedTime(from)).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the next session, or null if the manager is shut down.</summary>
    private async ValueTask<MoqSession?> NextAsync()
    {
        while (true)
        {
            try
            {
                return MoqSession.LeaseOf(await _moq.Manager.ConnectAsync(_remote, _options.Request, _stop).ConfigureAwait(false));
            }
            catch (Exception failure) when (_moq.Manager.Over.IsCancellationRequested && failure is not OperationCanceledException)
            {
                return _moq.Manager.EndFault() is { } fault ? throw fault : null;
            }
            catch (MoqConnectException failure) when (!failure.IsTransient)
            {
                throw new MoqConnectException(
                    failure.Error,
                    $"{failure.Message} Dialing {Peer} again leads to the same result, so it is not tried.",
                    failure.IsRemote,
                    failure);
            }
            catch (MoqConnectException)
            {
                if (!_backoff.TryFail(out var wait))
                    throw;
                await DelayAsync(wait).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for the delay that the end of a session requires before the next dial.</summary>
    private async ValueTask WaitAfterAsync(SessionClosed closed, TimeSpan lived)
    {
        if (_moq.Manager.Over.IsCancellationRequested)
            return;
        if (closed.IsRefused)
        {
            throw new MoqException(
                closed.Code,
                $"{Peer} refuses this endpoint: it closed the session with code {closed.Code}, '{closed.Reason}'. "
                + "Dialing again leads to the same result. Subscribe again when it accepts this endpoint's id.",
                isRemote: true);
        }

        TimeSpan wait;
        var wasStable = lived >= _options.StableAfter;
        if (wasStable)
            _backoff.Reset();
        // The successor is already open. However, if another endpoint with this ID has replaced this one at the peer, the two must not
        // replace each other forever.
        if (closed.IsSuperseded && (wasStable || !closed.IsRemote))
            return;
        if (wasStable)
            wait = _backoff.Next();
        else if (!_backoff.TryFail(out wait))
        {
            throw new MoqConnectException(
                ConnectError.Other,
                $"Sessions with {Peer} do not last {_options.StableAfter}: the last one ended after {lived} "
                + $"({closed.Cause}, code {closed.Code}, '{closed.Reason}'). Look at the peer's log.",
                closed.IsRemote);
        }

        await DelayAsync(wait).ConfigureAwait(false);
    }

    /// <summary>Waits for a time, or until the manager ends. The end is then reported by the next dial.</summary>
    private async ValueTask DelayAsync(TimeSpan wait)
    {
        using var limit = _moq.Runtime.Limit(Timeout.InfiniteTimeSpan, _stop);
        using var over = _moq.Manager.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
        try
        {
            await _moq.Runtime.DelayAsync(wait, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            // The manager has ended.
        }
    }
}
