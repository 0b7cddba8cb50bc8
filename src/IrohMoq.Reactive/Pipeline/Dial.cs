using System.Net;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>
/// One dial: an attempt at the places that the first caller named, and one more for each later caller who names others. The first attempt that succeeds is the dial's; it fails when all have failed.
/// </summary>
#pragma warning disable CA1001 // Its cancellation source holds nothing without a timer or a link of its own, and a late cancellation may still come.
internal sealed class Dial(IEndpoint endpoint, EndpointAddr remote, Runtime runtime, ConnectionDisposal disposal)
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

    public void Cancel() => _cancel.Cancel();

    /// <summary>Tries what has not been tried.</summary>
    public void Extend(EndpointAddr more)
    {
        EndpointAddr fresh;
        CancellationToken limit;
        lock (_gate)
        {
            fresh = new EndpointAddr(remote.Id, more.Addresses.Where(_tried.Add).ToArray(), more.RelayUrls.Where(_triedRelays.Add).ToArray());
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

    /// <summary>The connection, or null if there is none: then <see cref="Failure"/> tells why.</summary>
    public async ValueTask<ITransportConnection?> RunAsync(TimeSpan timeout)
    {
        using var limit = runtime.Limit(timeout, _cancel.Token);
        EndpointAddr[] more;
        lock (_gate)
        {
            _limit = limit.Token;
            more = [.. _waiting];
        }

        _ = TryAsync(remote, limit.Token);
        foreach (var fresh in more)
            _ = TryAsync(fresh, limit.Token);
        var connection = await _result.Task.ConfigureAwait(false);
        if (connection is null && limit.IsExpired)
            Fail(new MoqConnectException(ConnectError.TimedOut, $"{remote.Id.ToShortString()} did not answer within {timeout}. Check its address, or raise MoqOptions.DialTimeout."));
        // The attempts that are left have nothing to win.
        _cancel.Cancel();
        return connection;
    }

    public void Fail(Exception failure)
    {
        lock (_gate)
            _failure = failure;
    }

    /// <summary>Why there is no connection, as an exception of its own for each caller.</summary>
    public MoqConnectException Failure()
    {
        lock (_gate)
        {
            return _failure switch
            {
                MoqConnectException known => new MoqConnectException(known.Reason, known.Message, known.IsRemote, known),
                // Also what no endpoint should throw: whoever waits for this dial must be told.
                _ => new MoqConnectException(ConnectError.Other, $"Dialing {remote.Id.ToShortString()} failed: {_failure?.Message ?? "it was given up"}", false, _failure),
            };
        }
    }

    private async Task TryAsync(EndpointAddr at, CancellationToken limit)
    {
        try
        {
            var connection = await endpoint.ConnectAsync(at, MoqProtocolHandler.Offered, limit).ConfigureAwait(false);
            if (!_result.TrySet(connection))
                disposal.Refuse(connection, MoqErrorCode.Cancel, "another way was faster");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Out of time, given up, or not needed any more: whoever waits for the dial knows.
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
}
