using System.Collections.Immutable;
using System.Net;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Dials a peer at all of its addresses at once, as one connection. If an address is answered by another endpoint, which may have the
/// address by now, the other addresses are dialed again without it.
/// </summary>
internal sealed class DialAttempts(IoLoop loop, Runtime runtime, ILogger log)
{
    /// <summary>Returns the connection that the peer has accepted.</summary>
    /// <exception cref="MoqConnectException">The peer was not reached or did not accept the connection.</exception>
    public async ValueTask<QuicConnection> DialAsync(
        EndpointId id, ImmutableArray<IPEndPoint> addresses, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        MoqConnectException? reported = null;
        while (true)
        {
            log.Dialing(id.ToShortString(), string.Join(", ", addresses));
            var connection = new QuicConnection(loop, runtime, addresses);
            try
            {
                return await connection.DialAsync(id, protocols, cancellationToken).ConfigureAwait(false);
            }
            catch (MoqConnectException failure)
            {
                if (reported is null || IsMoreInformative(failure, reported))
                    reported = failure;
                if (connection.Answered is not { } answered || connection.RemoteId.Length > 0)
                    throw reported;
                addresses = addresses.Remove(answered);
                if (addresses.IsEmpty)
                    throw reported;
            }
        }
    }

    /// <summary>
    /// A response takes precedence over a timeout, and a transient failure over a permanent one, because the permanent one may come from
    /// another endpoint.
    /// </summary>
    private static bool IsMoreInformative(MoqConnectException failure, MoqConnectException other) =>
        failure.Error != ConnectError.TimedOut && (other.Error == ConnectError.TimedOut || (failure.IsTransient && !other.IsTransient));
}
