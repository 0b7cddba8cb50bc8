using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Dials one peer again and again, for one subscriber, until it leaves, the manager is over, or there is no point in it.</summary>
internal sealed class Reconnection : IDisposable
{
    private readonly Moq _moq;
    private readonly EndpointAddr _remote;
    private readonly ReconnectOptions _options;
    private readonly CancellationToken _stop;
    private readonly Backoff _backoff;
    private readonly ManagerEnd _end;

    private Reconnection(Moq moq, EndpointAddr remote, ReconnectOptions options, CancellationToken stop)
    {
        _moq = moq;
        _remote = remote;
        _options = options;
        _stop = stop;
        _backoff = new Backoff(options, moq.Runtime, moq.RandomSource.Split());
        _end = new ManagerEnd(moq, stop);
    }

    private string Peer => _remote.Id.ToShortString();

    public static async IAsyncEnumerable<MoqSession> ReadAsync(Moq moq, EndpointAddr remote, ReconnectOptions options, [EnumeratorCancellation] CancellationToken stop)
    {
        using var reconnection = new Reconnection(moq, remote, options, stop);
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

    public void Dispose() => _end.Dispose();

    /// <summary>The next session, or null if the manager is shut down.</summary>
    private async ValueTask<MoqSession?> NextAsync()
    {
        while (true)
        {
            try
            {
                return await _moq.ConnectAsync(_remote, _end.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is ObjectDisposedException || _end.IsOver)
            {
                await _end.WaitAsync(_stop).ConfigureAwait(false);
                return null;
            }
            catch (MoqConnectException failure) when (IsFinal(failure.Reason))
            {
                throw new MoqConnectException(failure.Reason, $"{failure.Message} Dialing {Peer} again would lead to the same, so it is not tried.", failure.IsRemote, failure);
            }
            catch (MoqConnectException)
            {
                if (!_backoff.TryFail(out var wait))
                    throw;
                await DelayAsync(wait).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits as long as the end of a session asks for.</summary>
    private async ValueTask WaitAfterAsync(SessionClosed closed, TimeSpan lived)
    {
        if (_moq.IsShutDown)
            return;
        if (closed.IsRefused)
            throw new MoqException(closed.Code, $"{Peer} does not want this peer: it closed the session with code {closed.Code}, '{closed.Reason}'. Dialing again would lead to the same; subscribe again when it lets this id in.", isRemote: true);
        TimeSpan wait;
        var wasStable = lived >= _options.StableAfter;
        if (wasStable)
            _backoff.Reset();
        // The successor is here already. If the peer has put another one of this identity in its place, the two must not chase each other out.
        if (closed.IsSuperseded && (wasStable || !closed.IsRemote))
            return;
        if (wasStable)
            wait = _backoff.Next();
        else if (!_backoff.TryFail(out wait))
            throw new MoqConnectException(ConnectError.Other, $"Sessions with {Peer} do not last {_options.StableAfter}: the last one ended after {lived} ({closed.Cause}, code {closed.Code}, '{closed.Reason}'). Look at the peer's log.", closed.IsRemote);
        await DelayAsync(wait).ConfigureAwait(false);
    }

    /// <summary>Waits, or until the manager is over, which the next dial tells.</summary>
    private async ValueTask DelayAsync(TimeSpan wait)
    {
        try
        {
            await _moq.Runtime.DelayAsync(wait, _end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_end.IsOver)
        {
            // No wait is left.
        }
    }

    private static bool IsFinal(ConnectError reason) => reason is
        ConnectError.Refused or ConnectError.WrongPeer or ConnectError.NoCommonProtocol or ConnectError.SelfConnect or ConnectError.NoAddress;
}
