using System.Collections.Immutable;
using System.Net;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Dials a peer at all of its addresses at once, as one connection. If an address is answered by another endpoint, which may have the
/// address by now, the other addresses are dialed again without it.
/// </summary>
/// <param name="loop">The loop that drives the connection.</param>
/// <param name="runtime">The runtime on which the application continues.</param>
/// <param name="log">The log.</param>
/// <param name="id">The ID of the peer.</param>
/// <param name="addresses">The first addresses of the peer, at least one.</param>
internal sealed class DialAttempt(IoLoop loop, Runtime runtime, ILogger log, EndpointId id, ImmutableArray<IPEndPoint> addresses)
{
    private readonly Lock _gate = new();
    private readonly HashSet<IPEndPoint> _tried = [.. addresses];

    // The addresses that joined the running connection, which had less time than the others to answer.
    private ImmutableArray<IPEndPoint> _late = [];
    private QuicConnection? _connection;
    private bool _isOver;

    /// <summary>Returns the connection that the peer has accepted.</summary>
    /// <exception cref="MoqConnectException">The peer was not reached or did not accept the connection.</exception>
    public async ValueTask<QuicConnection> RunAsync(IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        MoqConnectException? reported = null;
        var dialed = addresses;
        while (true)
        {
            log.Dialing(id.ToShortString(), string.Join(", ", dialed));
            var connection = new QuicConnection(loop, runtime, dialed);
            try
            {
                var established = await Begin(connection, protocols, cancellationToken).ConfigureAwait(false);
                End();
                return established;
            }
            catch (MoqConnectException failure)
            {
                if (reported is null || IsMoreInformative(failure, reported))
                    reported = failure;
                dialed = Next(connection, dialed);
                if (dialed.IsEmpty)
                    throw reported;
            }
            catch
            {
                End();
                throw;
            }
        }
    }

    /// <summary>Adds addresses of the peer to the dial. Addresses that it has already are ignored.</summary>
    /// <returns>False if the dial is over.</returns>
    public bool TryAdd(IReadOnlyList<IPEndPoint> more)
    {
        lock (_gate)
        {
            if (_isOver)
                return false;
            ImmutableArray<IPEndPoint> fresh = [.. more.Where(address => _tried.Count < DialPath.MaxCandidates && _tried.Add(address))];
            if (fresh.IsEmpty)
                return true;
            _late = _late.AddRange(fresh);
            _connection?.Establishment.AddRemotes(fresh);
            return true;
        }
    }

    /// <summary>
    /// A response takes precedence over a timeout, and a transient failure over a permanent one, because the permanent one may come from
    /// another endpoint.
    /// </summary>
    private static bool IsMoreInformative(MoqConnectException failure, MoqConnectException other) =>
        failure.Error != ConnectError.TimedOut && (other.Error == ConnectError.TimedOut || (failure.IsTransient && !other.IsTransient));

    /// <summary>Begins a connection. The addresses that joined before are among those that it dials.</summary>
    private Task<QuicConnection> Begin(QuicConnection connection, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        // Under the lock, so that addresses that join are handed over after the dial.
        lock (_gate)
        {
            var dialing = connection.Establishment.DialAsync(id, protocols, cancellationToken);
            _connection = connection;
            if (!_late.IsEmpty)
                connection.Establishment.AddRemotes(_late);
            return dialing;
        }
    }

    /// <summary>
    /// Returns the addresses to dial after a failure, or none if the dial is over: all addresses except the one that another endpoint has
    /// answered or, if none was answered, those that joined late.
    /// </summary>
    private ImmutableArray<IPEndPoint> Next(QuicConnection failed, ImmutableArray<IPEndPoint> dialed)
    {
        lock (_gate)
        {
            var all = dialed.AddRange(_late);
            var next = failed.Establishment.Answered is { } answered ? all.Remove(answered) : _late;
            if (failed.RemoteId.Length > 0 || next.Length == all.Length)
                next = [];
            _late = [];
            _isOver = next.IsEmpty;
            return next;
        }
    }

    private void End()
    {
        lock (_gate)
            _isOver = true;
    }
}
