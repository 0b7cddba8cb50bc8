using System.Net;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Connections;

/// <summary>
/// Represents one dial: an attempt at the addresses of the first caller. The new addresses of a later caller join an attempt that is in
/// progress if the endpoint supports it (<see cref="IDialHints"/>), and are otherwise another attempt. The first attempt that succeeds ends
/// the dial. The dial fails when all attempts have failed, or when the time limit has elapsed,
/// even if the endpoint does not observe the token.
/// </summary>
#pragma warning disable CA1001 // A source without a timer or a link has nothing to dispose, and may be canceled late.
internal sealed class Dial(
    IEndpoint endpoint, IReadOnlyList<string> protocols, EndpointAddr remote, Runtime runtime, ConnectionDisposal disposal)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly HashSet<IPEndPoint> _tried = [.. remote.Addresses];
    private readonly HashSet<Uri> _triedRelays = [.. remote.RelayUrls];
    private readonly Completion<ITransportConnection?> _result = new(runtime);
    private readonly CancellationTokenSource _cancel = new();
    private readonly List<EndpointAddr> _waiting = [];
    private CancellationToken? _limit;
    private Exception? _failure;
    private int _attempts = 1;
    private int _connecting;

    /// <summary>Gets the peer, with the addresses of all callers.</summary>
    public EndpointAddr Known
    {
        get
        {
            lock (_gate)
                return new EndpointAddr(remote.Id, _tried.ToArray(), _triedRelays.ToArray());
        }
    }

    public void Cancel() => _cancel.Cancel();

    /// <summary>Waits for a time before the dial, unless the dial is canceled.</summary>
    public async ValueTask WaitAsync(TimeSpan time)
    {
        try
        {
            await runtime.DelayAsync(time, _cancel.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The dial ends without an attempt.
        }
    }

    /// <summary>Dials the given addresses that have not been tried as well.</summary>
    public void Extend(EndpointAddr more)
    {
        EndpointAddr fresh;
        CancellationToken limit;
        lock (_gate)
        {
            fresh = new EndpointAddr(
                remote.Id,
                more.Addresses.Where(_tried.Add).ToArray(),
                more.RelayUrls.Where(_triedRelays.Add).ToArray());
            if (_attempts == 0 || (fresh.Addresses.IsEmpty && fresh.RelayUrls.IsEmpty))
                return;
            _attempts++;
            if (_limit is null)
            {
                _waiting.Add(fresh);
                return;
            }

            limit = _limit.Value;
        }

        runtime.Post(() => _ = TryAsync(fresh, limit));
    }

    /// <summary>
    /// Runs the dial and returns the connection, or null if the dial fails; <see cref="Failure"/> then returns the reason.
    /// </summary>
    public async ValueTask<ITransportConnection?> RunAsync(TimeSpan timeout)
    {
        using var limit = runtime.Limit(timeout, _cancel.Token);
        EndpointAddr[] more;
        lock (_gate)
        {
            _limit = limit.Token;
            more = [.. _waiting];
        }

        // An endpoint that does not observe the token cannot make the callers wait longer.
        using var elapsed = limit.Token.UnsafeRegister(static result => ((Completion<ITransportConnection?>)result!).TrySet(null), _result);
        _ = TryAsync(remote, limit.Token);
        foreach (var fresh in more)
            _ = TryAsync(fresh, limit.Token);
        var connection = await _result.Task.ConfigureAwait(false);
        if (connection is null && limit.IsExpired)
        {
            Fail(new MoqConnectException(
                ConnectError.TimedOut,
                $"{remote.Id.ToShortString()} did not answer within {timeout}. Check its address, or raise MoqOptions.DialTimeout."));
        }

        // The remaining attempts are not needed.
        _cancel.Cancel();
        return connection;
    }

    public void Fail(Exception failure)
    {
        lock (_gate)
            _failure = failure;
    }

    /// <summary>Returns the failure of the dial, as a new exception for each caller.</summary>
    public MoqConnectException Failure()
    {
        lock (_gate)
        {
            return _failure switch
            {
                MoqConnectException known => new MoqConnectException(known.Error, known.Message, known.IsRemote, known),
                // This includes exceptions that no endpoint should throw, because the callers must be informed of these too.
                _ => new MoqConnectException(
                    ConnectError.Other,
                    $"Dialing {remote.Id.ToShortString()} failed: {_failure?.Message ?? "it was canceled"}",
                    false,
                    _failure),
            };
        }
    }

    private async Task TryAsync(EndpointAddr at, CancellationToken limit)
    {
        try
        {
            if (!TryJoin(at))
                await ConnectAsync(at, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The time has elapsed, or the dial was canceled or has succeeded at another address.
        }
        catch (Exception failure)
        {
            Fail(failure);
        }

        bool isLast;
        lock (_gate)
            isLast = --_attempts == 0;
        if (isLast)
            _result.TrySet(null);
    }

    /// <summary>Adds addresses to an attempt that is in progress. Returns false if there is none, or if the endpoint cannot.</summary>
    private bool TryJoin(EndpointAddr more) =>
        Volatile.Read(ref _connecting) > 0 && endpoint is IDialHints hints && hints.TryAddAddresses(more);

    private async ValueTask ConnectAsync(EndpointAddr at, CancellationToken limit)
    {
        Interlocked.Increment(ref _connecting);
        try
        {
            var connection = await endpoint.ConnectAsync(at, protocols, limit).ConfigureAwait(false);
            if (!_result.TrySet(connection))
                disposal.Refuse(connection, MoqErrorCode.Cancel, "another connection attempt was faster");
        }
        finally
        {
            Interlocked.Decrement(ref _connecting);
        }
    }
}
