using System.Collections.Immutable;
using System.Net;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Runs the dials of an endpoint, and finds those that are in progress. The members are thread-safe.</summary>
internal sealed class DialAttempts(IoLoop loop, Runtime runtime, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<EndpointId, ImmutableArray<DialAttempt>> _running = [];

    /// <summary>Returns the connection that the peer has accepted.</summary>
    /// <exception cref="MoqConnectException">The peer was not reached or did not accept the connection.</exception>
    public async ValueTask<QuicConnection> DialAsync(
        EndpointId id, ImmutableArray<IPEndPoint> addresses, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        var attempt = new DialAttempt(loop, runtime, log, id, addresses);
        lock (_gate)
            _running[id] = [.. _running.GetValueOrDefault(id, []), attempt];
        try
        {
            return await attempt.RunAsync(protocols, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                var others = _running[id].Remove(attempt);
                if (others.IsEmpty)
                    _running.Remove(id);
                else
                    _running[id] = others;
            }
        }
    }

    /// <summary>Adds addresses to the dials of a peer that are in progress.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryAdd(EndpointId id, IReadOnlyList<IPEndPoint> addresses)
    {
        ImmutableArray<DialAttempt> running;
        lock (_gate)
            running = _running.GetValueOrDefault(id, []);
        var isAdded = false;
        foreach (var attempt in running)
            isAdded |= attempt.TryAdd(addresses);
        return isAdded;
    }
}
