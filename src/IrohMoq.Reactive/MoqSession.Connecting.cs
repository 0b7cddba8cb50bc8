using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <content>Starts sessions without a <see cref="Moq"/>.</content>
public sealed partial class MoqSession
{
    /// <summary>
    /// Starts a session on a connection that this side has dialed, without a <see cref="Moq"/>. The session is open immediately,
    /// because moq-lite has no handshake that either side waits for.
    /// </summary>
    /// <param name="connection">The connection, which the session closes and disposes.</param>
    /// <param name="options">The limits, scheduler and logging of the session, or null for the defaults.</param>
    /// <param name="publish">
    /// The origin of the broadcasts that are announced to the peer, which sessions may share; null to create an origin for this
    /// session.
    /// </param>
    /// <param name="subscribe">
    /// The origin that receives the broadcasts that the peer announces, which sessions may share; null to create an origin for this
    /// session.
    /// </param>
    /// <param name="request">
    /// The path and the role that this side states, or null for the default ones. They are sent from moq-lite-05 on.
    /// The path must be the default one if the connection carries a path already, as a URI of WebTransport does.
    /// </param>
    /// <returns>The only handle of the session. Disposing the handle closes the session.</returns>
    /// <exception cref="MoqException">
    /// The connection's protocol is not a supported version of moq-lite, or cannot carry the path of <paramref name="request"/>.
    /// </exception>
    public static MoqSession Connect(
        ITransportConnection connection,
        MoqOptions? options = null,
        OriginProducer? publish = null,
        OriginProducer? subscribe = null,
        SessionRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (SessionProtocols.ThatCarry(request, [connection.Protocol]).Count == 0)
        {
            throw new MoqException(
                MoqErrorCode.UnknownAlpn,
                $"The protocol '{connection.Protocol}' cannot carry a path. Offer moq-lite-05 or newer when dialing.");
        }

        return Begin(connection, request, isOutbound: true, options, new SessionOrigins(publish, subscribe));
    }

    /// <summary>
    /// Starts a session on a connection that the peer has dialed, without a <see cref="Moq"/>. The session is open immediately, because
    /// moq-lite has no handshake that either side waits for.
    /// </summary>
    /// <param name="connection">The connection, which the session closes and disposes.</param>
    /// <param name="options">The limits, scheduler and logging of the session, or null for the defaults.</param>
    /// <param name="publish">
    /// The origin of the broadcasts that are announced to the peer, which sessions may share; null to create an origin for this
    /// session.
    /// </param>
    /// <param name="subscribe">
    /// The origin that receives the broadcasts that the peer announces, which sessions may share; null to create an origin for this
    /// session.
    /// </param>
    /// <returns>The only handle of the session. Disposing the handle closes the session.</returns>
    /// <exception cref="MoqException">The connection's protocol is not a supported version of moq-lite.</exception>
    public static MoqSession Accept(
        ITransportConnection connection, MoqOptions? options = null, OriginProducer? publish = null, OriginProducer? subscribe = null) =>
        Begin(connection, null, isOutbound: false, options, new SessionOrigins(publish, subscribe));

    private static MoqSession Begin(
        ITransportConnection transport, SessionRequest? request, bool isOutbound, MoqOptions? options, SessionOrigins origins)
    {
        ArgumentNullException.ThrowIfNull(transport);
        options ??= MoqOptions.Default;
        var runtime = RuntimeSchedulers.RuntimeOf(options.Scheduler);
        var log = new GuardedLogger(options.LoggerFactory.CreateLogger("IrohMoq.Reactive.MoqSession"));
        var connection = new MoqConnection(0, transport, isOutbound, runtime, options.ToSettings().Limits, log)
        {
            Hop = HopId.Create(options.Seed, default), Cost = options.ConnectionCost, Stated = request,
        };
        var shared = new SharedSession(connection, isOutbound, runtime, log, origins)
        {
            GoawayTimeout = options.GoawayTimeout,
            LeaseReturned = static only => only.Close(MoqErrorCode.Cancel, ""),
        };
        // Nothing dials the peer again, so the session ends when nothing is left on it.
        connection.Goaway.Received = static left => left.Drain(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        shared.Open();
        _ = EndAsync(shared, connection, new ConnectionDisposal(runtime, log));
        return LeaseOf(shared);
    }

    private static async Task EndAsync(SharedSession shared, MoqConnection connection, ConnectionDisposal disposal)
    {
        await connection.Ended.ConfigureAwait(false);
        shared.End();
        disposal.Dispose(connection);
    }
}
