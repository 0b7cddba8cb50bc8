using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Decides on the first packets of clients. Within the limits of the endpoint a connection begins at once. Beyond the first limit a client
/// must prove its address with a Retry, which costs little and stores nothing. Beyond the last limit clients are refused. The handshakes
/// that are begun take at most a share of the time of the I/O thread, so that they do not stop the connections that exist.
/// </summary>
internal sealed unsafe class Listener(IoLoop loop, IConnectionAcceptor acceptor, StatelessAnswers answers, RetryTokens tokens)
{
    /// <summary>
    /// The minimum length, in bytes, of the destination connection id that a client chooses. See RFC 9000, section 7.2. A shorter one is
    /// easy to guess, also in a packet with a token.
    /// </summary>
    private const int MinFirstIdLength = 8;

    /// <summary>
    /// The maximum number of first packets that wait for time. An endpoint without other work begins as many handshakes in a quarter of a
    /// second, so that a client is answered before it sends its packet again.
    /// </summary>
    private const int MaxDeferred = 512;

    private readonly HandshakeLimits _limits = new(loop.Driver.MaxHandshakes, loop.Driver.RetryThreshold);
    private readonly DeferredPackets _deferred = new(MaxDeferred);

    // What has been saved suffices for some twenty handshakes in a row. Clients that have not proved their address get the smaller share,
    // because their packets may be forged, and may cost time although no handshake results.
    private readonly TimeShare _unvalidatedTime = new(percent: 5, most: 10_000_000);
    private readonly TimeShare _validatedTime = new(percent: 25, most: 10_000_000);

    // So that strangers cannot fill the log.
    private readonly RateLimit _warnings = new(perSecond: 1, burst: 1);
    private readonly RateLimit _filterWarnings = new(perSecond: 1, burst: 1);

    private IReadOnlyList<string> _protocols = [];
    private bool _isRefusing;
    private long _filterFailures;

    /// <summary>Gets a value that indicates whether at least one protocol is accepted. May be called from any thread.</summary>
    public bool IsListening => Volatile.Read(ref _protocols).Count > 0;

    /// <summary>
    /// Gets a value that indicates whether first packets of incoming connections are queued because handshakes have used up their share
    /// of the time of the I/O thread.
    /// </summary>
    public bool HasDeferred => _deferred.Count > 0;

    /// <summary>Sets the protocols that are accepted from now on. May be called from any thread.</summary>
    public void Listen(IReadOnlyList<string> protocols) => Volatile.Write(ref _protocols, protocols);

    /// <summary>Called when the handshake of an incoming connection is complete or has failed.</summary>
    public void OnHandshakeOver(DrivenConnection connection) => _limits.End(connection);

    /// <summary>Returns a first packet for which there was no time when it arrived.</summary>
    /// <param name="isIdle">True if the I/O thread has nothing else to do.</param>
    /// <param name="path">The path on which the packet has arrived.</param>
    /// <param name="packet">The packet, which is valid until the next call.</param>
    /// <returns>False if there is none, or still no time.</returns>
    public bool TryResume(bool isIdle, out NetworkPath path, out ReadOnlySpan<byte> packet)
    {
        path = default;
        packet = default;
        return HasDeferred && (isIdle || _validatedTime.HasTime(loop.Now())) && _deferred.TryTake(out path, out packet);
    }

    /// <summary>Processes a packet with a long header that belongs to no connection.</summary>
    /// <param name="path">The path on which the packet has arrived.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="isDeferred">True if the packet was deferred and there is time for it now.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <returns>The connection that has begun, or null.</returns>
    public DrivenConnection? Accept(in NetworkPath path, ReadOnlySpan<byte> packet, bool isDeferred, ulong now)
    {
        fixed (byte* bytes = packet)
        {
            NgPacketHeader header;
            if (Ngtcp2.Accept(&header, bytes, (nuint)packet.Length) != 0 || header.Dcid.Length < MinFirstIdLength)
                return null;
            if (!IsListening)
            {
                answers.Refuse(path, &header, Refusal.ConnectionRefused, Refusal.NotServingText, now);
                return null;
            }

            NgCid retried;
            var state = tokens.Verify(&header, path.Remote, now, &retried);
            if (state == TokenState.Invalid)
            {
                // The client accepts no second Retry, so it would wait in vain.
                answers.Refuse(path, &header, Refusal.InvalidToken, Refusal.InvalidTokenText, now);
                return null;
            }

            var isValidated = state == TokenState.Valid;
            // A packet that was deferred has passed the filter when it arrived.
            if (loop.Driver.IncomingFilter is { } filter && !isDeferred && !Passes(filter, path, &header, isValidated, now))
                return null;
            return isValidated
                ? AcceptValidated(path, packet, &header, &retried, isDeferred, now)
                : AcceptUnvalidated(path, packet, &header, now);
        }
    }

    /// <summary>Answers a first packet as the filter of the application decides, unless the filter accepts the packet.</summary>
    /// <returns>True if the handshake may begin.</returns>
    private bool Passes(
        Func<Incoming, IncomingFilterOutcome> filter, in NetworkPath path, NgPacketHeader* header, bool isValidated, ulong now)
    {
        switch (Decide(filter, path, isValidated, now))
        {
            case IncomingFilterOutcome.Accept:
            case IncomingFilterOutcome.Retry when isValidated:
                return true;
            case IncomingFilterOutcome.Retry:
                answers.Retry(path, header, now);
                return false;
            case IncomingFilterOutcome.Ignore:
                return false;
            default:
                answers.Refuse(path, header, Refusal.ConnectionRefused, Refusal.RejectedText, now);
                return false;
        }
    }

    private IncomingFilterOutcome Decide(
        Func<Incoming, IncomingFilterOutcome> filter, in NetworkPath path, bool isValidated, ulong now)
    {
        Exception failure;
        try
        {
            var outcome = filter(new Incoming(path, isValidated));
            if (Enum.IsDefined(outcome))
                return outcome;
            failure = new InvalidOperationException($"The filter returned {outcome}, which is no {nameof(IncomingFilterOutcome)}.");
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }

        _filterFailures++;
        if (_filterWarnings.TryTake(now))
            loop.Log.FilterFailed(path.Remote.ToEndPoint(), _filterFailures, failure);
        return IncomingFilterOutcome.Reject;
    }

    private DrivenConnection? AcceptUnvalidated(in NetworkPath path, ReadOnlySpan<byte> packet, NgPacketHeader* header, ulong now)
    {
        if (IsFull)
            return Refuse(path, header, now);
        if (_limits.HasRoom(path.Remote, isValidated: false) && _unvalidatedTime.HasTime(loop.Now()))
            return Begin(path, packet, header, null, now);
        answers.Retry(path, header, now);
        return null;
    }

    private DrivenConnection? AcceptValidated(
        in NetworkPath path, ReadOnlySpan<byte> packet, NgPacketHeader* header, NgCid* retried, bool isDeferred, ulong now)
    {
        if (IsFull || !_limits.HasRoom(path.Remote, isValidated: true))
            return Refuse(path, header, now);
        if (isDeferred || (!HasDeferred && _validatedTime.HasTime(loop.Now())))
            return Begin(path, packet, header, retried, now);
        _ = _deferred.TryAdd(path, packet);
        return null;
    }

    private DrivenConnection? Begin(in NetworkPath path, ReadOnlySpan<byte> packet, NgPacketHeader* header, NgCid* retried, ulong now)
    {
        _isRefusing = false;
        var isValidated = retried is not null;
        var begun = loop.Now();
        var connection = acceptor.Create(loop);
        try
        {
            connection.Accept(header, Volatile.Read(ref _protocols), path, retried, now);
        }
        catch (InvalidOperationException fault)
        {
            if (_warnings.TryTake(now))
                loop.Log.Fault(path.Remote.ToEndPoint(), fault);
            return null;
        }

        _limits.Begin(connection, path.Remote, isValidated);
        connection.Core.Receive(path, packet, packet.Length, now);
        (isValidated ? _validatedTime : _unvalidatedTime).Spend(loop.Now() - begun);
        if (connection.Core.Termination.RequiresRetry)
            answers.Retry(path, header, now);
        return connection.Core.Termination.IsDropped ? null : connection;
    }

    private DrivenConnection? Refuse(in NetworkPath path, NgPacketHeader* header, ulong now)
    {
        // Logged once until there is room again.
        if (!_isRefusing && _warnings.TryTake(now))
        {
            loop.Log.Refusing(path.Remote.ToEndPoint(), loop.Connections.Count, _limits.Count, loop.Settings.Budget.Used);
            _isRefusing = true;
        }

        answers.Refuse(path, header, Refusal.ConnectionRefused, Refusal.BusyText, now);
        return null;
    }

    private bool IsFull =>
        loop.Connections.Count >= loop.Driver.MaxConnections || _limits.Count >= loop.Driver.MaxHandshakes || loop.Settings.Budget.IsOver
        || acceptor.IsFull;
}
