using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents moq-lite on one transport connection, in both directions: publishes the broadcasts of <see cref="Local"/>, and keeps the
/// remote origin up to date with the announcements of the peer. It begins with <see cref="Start"/> and ends with the transport
/// connection. A session is carried by one connection, or by two while one replaces the other.
/// </summary>
#pragma warning disable CA1001 // The cancellation source has nothing to dispose, and late streams may still use its token.
internal sealed partial class MoqConnection
#pragma warning restore CA1001
{
    private readonly Task<TransportEnd> _closed;
    private readonly Completion<TransportEnd> _ended;
    private readonly Completion<bool> _drained;
    private readonly CancellationTokenSource _over = new();
    private OriginProducer? _local;
    private ProbeRequester? _probe;
    private int _announceStreams;
    private BidiStream? _firstStream;
    private TransportEnd? _abnormalEnd;
    private StrongBox<MoqErrorCode>? _closedWith;

    internal MoqConnection(
        long number, ITransportConnection transport, bool isOutbound, Runtime runtime, SessionLimits limits, ILogger logger)
    {
        if (!MoqVersions.TryFromAlpn(transport.Protocol, out var version))
        {
            throw new MoqException(
                MoqErrorCode.UnknownAlpn,
                $"The connection uses the protocol '{transport.Protocol}', which is not a supported version of moq-lite. "
                + "Offer one of MoqOptions.SupportedProtocols when dialing.");
        }

        Number = number;
        Transport = transport;
        IsOutbound = isOutbound;
        _closed = transport.Closed;
        Runtime = runtime;
        Limits = limits;
        Log = logger;
        Version = version;
        Requester = new Requester(transport.RemoteId);
        RemoteName = transport.RemoteId.Length == 0 ? "(no id)" : Convert.ToHexStringLower(transport.RemoteId.Span[..5]);
        Carried = new SubscriptionCount(runtime);
        Reading = new SubscriptionCount(runtime);
        Subscriptions = new SubscriptionTable(Carried);
        Received = new ReceiveBudget(limits);
        Sending = new SendQueue(this);
        Served = new ServedTracks(runtime);
        Setup = Version.HasSetup ? new SetupExchange(this) : null;
        Goaway = new GoawayExchange(this);
        AnnounceOrder = new AnnounceOrder(runtime);
        HasAnnouncedAll = new Completion<bool>(runtime);
        _ended = new Completion<TransportEnd>(runtime);
        CaughtUp = new Completion<bool>(runtime);
        _drained = new Completion<bool>(runtime);
        _ = WatchAsync();
    }

    /// <summary>Gets the number that identifies this connection in the manager.</summary>
    internal long Number { get; }

    /// <summary>Gets a value that indicates whether this side dialed the connection.</summary>
    internal bool IsOutbound { get; }

    /// <summary>
    /// Gets or sets the session that this connection carries, or null until the session is determined. The session may outlive the
    /// connection. It is set before <see cref="Start"/>.
    /// </summary>
    internal ISessionHost? Host { get; set; }

    /// <summary>Gets the transport connection.</summary>
    internal ITransportConnection Transport { get; }

    /// <summary>
    /// Gets how the connection ended, or null while it is open. A code of the peer is that of this library, whatever its number is in the
    /// version of the protocol.
    /// </summary>
#pragma warning disable VSTHRD002, VSTHRD104 // The task is complete, so reading its result does not block.
    internal TransportEnd? End => _closed.IsCompletedSuccessfully ? FromWire(_closed.Result) : _abnormalEnd;
#pragma warning restore VSTHRD002, VSTHRD104

    /// <summary>
    /// Gets a value that indicates whether the connection is open. The value is false as soon as the transport reports the end, which
    /// is before <see cref="Ended"/> completes.
    /// </summary>
    internal bool IsOpen => !_closed.IsCompleted && _abnormalEnd is null;

    /// <summary>
    /// Gets a value that indicates whether the peer closed this connection because it uses another connection to this side.
    /// </summary>
    internal bool IsSupersededByPeer =>
        End is { IsRemote: true, Cause: TransportEndCause.ClosedByApplication } end && end.Code == MoqErrorCode.Superseded.Value;

    /// <summary>
    /// Gets the completion of the first announcements of the peer: true when all that it had have arrived, false if the version of the
    /// protocol does not mark this moment or the announcements have ended before it.
    /// </summary>
    internal Completion<bool> CaughtUp { get; }

    /// <summary>Gets the broadcasts that are announced to the peer. Available only after <see cref="Start"/>.</summary>
    internal OriginProducer Local => _local!;

    /// <summary>
    /// Gets a task that completes with the end of the connection. The task never faults. Data that had arrived before the end can still
    /// be read.
    /// </summary>
    internal Task<TransportEnd> Ended => _ended.Task;

    /// <summary>
    /// Returns a task that completes when <see cref="Ended"/> does. Each caller gets a task of its own, because a task supports only
    /// one waiter in virtual time.
    /// </summary>
    internal Task<TransportEnd> WhenEndedAsync() => _ended.WaitAsync();

    internal MoqVersion Version { get; }

    /// <summary>Gets the id of this side among the hops of announcements, by which loops are found; 0 for none.</summary>
    internal ulong Hop { get; init; }

    /// <summary>Gets the cost of the connection that the peer is told.</summary>
    internal ulong Cost { get; init; } = 1;

    /// <summary>Gets the exchange of the options of both sides, or null if the version has none.</summary>
    internal SetupExchange? Setup { get; }

    /// <summary>Gets the path and the role that this side states as the client, or null for the default ones.</summary>
    internal SessionRequest? Stated { get; init; }

    /// <summary>
    /// Gets the path and the role that the client of the connection has stated, be it this side or the peer; null if those of the peer have
    /// not arrived, or the version has none.
    /// </summary>
    internal SessionRequest? Request => !IsOutbound ? Setup?.Request : Setup is null ? null : Stated ?? SessionRequest.Default;

    /// <summary>Sets the options of the peer that were read before the connection was accepted.</summary>
    internal EarlySetup? Early
    {
        init
        {
            if (value is null || Setup is null)
                return;
            Setup.OnStream();
            Setup.OnReceived(value.Message);
        }
    }

    internal Runtime Runtime { get; }

    internal SessionLimits Limits { get; }

    internal ILogger Log { get; }

    /// <summary>Gets the peer, as that against which its requests are counted.</summary>
    internal Requester Requester { get; }

    /// <summary>Gets the abbreviated ID of the peer, for logs.</summary>
    internal string RemoteName { get; }

    /// <summary>Gets a token that is canceled when the connection is over.</summary>
    internal CancellationToken Over => _over.Token;

    /// <summary>Gets a task that completes when the connection is over and every group stream that had arrived was accepted.</summary>
    internal Task StreamsDrained => _drained.WaitAsync();

    /// <summary>
    /// Gets or sets a value that indicates whether a broadcast was announced to the peer on this connection, so that a subscription may
    /// be in flight.
    /// </summary>
    internal bool HasAnnounced { get; set; }

    /// <summary>Gets the number of subscriptions that the connection carries, in both directions.</summary>
    internal SubscriptionCount Carried { get; }

    /// <summary>
    /// Gets the number of subscriptions of this side that the publisher has ended while local readers still have data to read.
    /// </summary>
    internal SubscriptionCount Reading { get; }

    internal SubscriptionTable Subscriptions { get; }

    /// <summary>Gets the memory budget for local readers.</summary>
    internal ReceiveBudget Received { get; }

    /// <summary>Gets the queue of groups that wait to be sent.</summary>
    internal SendQueue Sending { get; }

    /// <summary>Gets the estimates of the peer of how fast it can send.</summary>
    internal ProbeRequester Probe => LazyInitializer.EnsureInitialized(ref _probe, () => new ProbeRequester(this));

    /// <summary>Gets the tracks that the peer is subscribed to.</summary>
    internal ServedTracks Served { get; }

    /// <summary>
    /// Waits until the peer has opened a stream, which is kept for <see cref="AcceptBidiAsync"/>. Call this method only before
    /// <see cref="Start"/>.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait without losing a stream.</param>
    /// <exception cref="TransportClosedException">The connection ends first.</exception>
    internal async ValueTask WaitForStreamAsync(CancellationToken cancellationToken) =>
        _firstStream = await Transport.AcceptBidiAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Accepts the next bidirectional stream of the peer.</summary>
    internal ValueTask<BidiStream> AcceptBidiAsync()
    {
        if (_firstStream is not { } first)
            return Transport.AcceptBidiAsync();
        _firstStream = null;
        return new(first);
    }

    /// <summary>
    /// Starts to serve the peer and to announce broadcasts. Call this method only once. Both origins may be shared with other
    /// connections to the same peer.
    /// </summary>
    /// <param name="local">The broadcasts that are announced to the peer.</param>
    /// <param name="remote">The origin to which the broadcasts of the peer are added.</param>
    internal void Start(OriginProducer local, OriginProducer remote)
    {
        if (Interlocked.CompareExchange(ref _local, local, null) is not null)
            throw new InvalidOperationException("The session has been started already.");
        Volatile.Write(ref _announced, new RemoteBroadcasts(this, remote));
        // Each part of it handles its own failure.
        _ = RunAsync(_announced);
        // Such a peer can announce only names, and may have other broadcasts as well.
        if (!Version.HasRoutes)
            AllowRequests(remote);
    }

    /// <summary>Gets the order of announcements and answers.</summary>
    internal AnnounceOrder AnnounceOrder { get; }

    /// <summary>Changes the number of open ANNOUNCE streams of the peer.</summary>
    /// <returns>The new number of streams.</returns>
    internal int CountAnnounceStreams(int change) => Interlocked.Add(ref _announceStreams, change);

    private async Task RunAsync(RemoteBroadcasts remote)
    {
        using var streams = new PeerStreams(this, _over.Token);
        Setup?.SetLimit();
        var reading = Task.WhenAll(
            GuardAsync(streams.AcceptBidiAsync()),
            GuardAsync(AcceptUniAsync(streams)),
            GuardAsync(DatagramSubscriber.RunAsync(this)));
        // The first streams of this side are its options, and the request of the announcements.
        if (Setup is not null)
            await GuardAsync(Setup.SendAsync()).ConfigureAwait(false);
        await GuardAsync(new AnnounceSubscriber(this, remote).RunAsync()).ConfigureAwait(false);
        await reading.ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for a part of the connection, and closes the connection if that part fails, because a connection that works only partially
    /// must not stay in use.
    /// </summary>
    private async Task GuardAsync(Task part)
    {
        try
        {
            await part.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }

    private async Task AcceptUniAsync(PeerStreams streams)
    {
        try
        {
            await streams.AcceptUniAsync().ConfigureAwait(false);
        }
        finally
        {
            _drained.TrySet(true);
        }
    }
}
