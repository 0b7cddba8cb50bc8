using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents one QUIC connection without sockets, threads, tasks or clocks: it is given datagrams with their paths and the time, and gives
/// back datagrams with their paths, events, and the time at which it must be called again. It is not thread-safe.
/// </summary>
/// <remarks>
/// After any of the methods that take the time, call <see cref="Flush"/>, then call <see cref="HandleExpiry"/> at <see cref="Expiry"/>.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The native objects are released when the connection ends.")]
internal sealed unsafe class QuicCore : ITlsOwner
{
    private readonly CoreStatistics _statistics = new();
    private readonly PeerIdentity _identity;
    private readonly NativeConnection _native;
    private readonly PacketWriter _writer;
    private readonly PathMtu _mtu = new();
    private readonly DialPath? _dial;
    private readonly NetworkChange _networkChange;
    private readonly PingRequest _ping;
    private NetworkPath _path;

    private QuicCore(
        CoreSettings settings, ICoreEvents events, IDatagramSink sink, IReadOnlyList<string> protocols, in NetworkPath path,
        DialPath? dial, EndpointId? expected, ReceiveAccount account, NgCid* dcid, NgPacketHeader* first, NgCid* retried,
        ulong now)
    {
        Events = events;
        _dial = dial;
        _path = path;
        _identity = new PeerIdentity(expected);
        Ids = new ConnectionIds(events, settings.ResetSecret);
        IsServer = first is not null;
        NgCid scid;
        ConnectionId.Randomize(&scid, ConnectionId.OwnLength);
        _native = new NativeConnection(this, settings, protocols, path, dcid, &scid, first, retried, now);
        _ping = new PingRequest(_native, (ulong)settings.KeepAlive.Ticks * TimeSpan.NanosecondsPerTick);
        _networkChange = new NetworkChange(_native, dial, _ping);
        FlowControl = new FlowControl(_native);
        Streams = new StreamTable(_native, FlowControl, events, settings, account, IsServer);
        Reader = new PacketReader(_native, Streams, _statistics, _mtu, dial);
        _writer = new PacketWriter(_native, Streams, _statistics, _mtu, Datagrams, sink);
        Handshake = new Handshake(_native, _identity, dial, events);
        Termination = new ConnectionTermination(
            _native, Handshake, _identity, Streams, Datagrams, _statistics, _mtu, _writer, events);
        Ids.Add(ConnectionId.From(&scid));
        if (IsServer)
            Ids.Add(ConnectionId.From(&first->Dcid));
    }

    /// <summary>Gets a value that indicates whether the peer has dialed.</summary>
    public bool IsServer { get; }

    /// <inheritdoc cref="Core.Handshake.IsEstablished"/>
    public bool IsEstablished => Handshake.IsEstablished;

    /// <summary>Gets the 32 bytes of the key that the peer has proved to hold, or an empty array.</summary>
    public byte[] RemoteId => _identity.Id;

    /// <inheritdoc cref="Core.Handshake.Protocol"/>
    public string Protocol => Handshake.Protocol;

    /// <summary>Gets a value that indicates whether the peer holds another key than the one that was dialed.</summary>
    public bool IsWrongPeer => _identity.IsWrongPeer;

    /// <summary>
    /// Gets the unexpected exception that ended the connection, or null. An exception indicates a defect in this library.
    /// </summary>
    public Exception? Fault { get; private set; }

    /// <summary>Gets a value that indicates whether the connection has ended.</summary>
    public bool HasEnded => _native.Handle is null;

    /// <summary>
    /// Gets the path on which datagrams are sent at present. Until the peer has answered a dial, the first of the paths that are dialed.
    /// </summary>
    /// <remarks>The path of a server changes when its client moves to another address or is rebound by a NAT.</remarks>
    public NetworkPath Path => _dial?.Current ?? _path;

    /// <summary>Gets the path on which the peer has answered a dial, or null.</summary>
    public NetworkPath? AnsweredFrom => _dial?.Chosen;

    /// <summary>Gets the connection ids and the reset tokens of the connection.</summary>
    public ConnectionIds Ids { get; }

    /// <summary>Gets the streams of the connection.</summary>
    public StreamTable Streams { get; }

    /// <summary>Gets the credit of the peer.</summary>
    public FlowControl FlowControl { get; }

    /// <summary>Gets the termination of the connection, which has details of its end.</summary>
    public ConnectionTermination Termination { get; }

    /// <summary>Gets the queue of the datagrams to send. May be used from any thread.</summary>
    public OutgoingDatagrams Datagrams { get; } = new();

    /// <summary>Gets the statistics at the last flush. May be read from any thread.</summary>
    public ConnectionStatistics Statistics => _statistics.Latest;

    /// <summary>
    /// Gets the time, in nanoseconds, at which <see cref="HandleExpiry"/> must be called; <see cref="ulong.MaxValue"/> for never.
    /// </summary>
    public ulong Expiry => HasEnded ? ulong.MaxValue : Ngtcp2.GetExpiry(_native.Handle);

    /// <summary>Gets the object that receives the events.</summary>
    internal ICoreEvents Events { get; }

    /// <summary>Gets the handshake of the connection.</summary>
    internal Handshake Handshake { get; }

    /// <summary>Gets the reader of the datagrams that arrive.</summary>
    internal PacketReader Reader { get; }

    void* ITlsOwner.Native => _native.Handle;

    /// <summary>Creates a connection that dials a peer. The first packet is sent by <see cref="Flush"/>.</summary>
    /// <param name="settings">The settings of the endpoint.</param>
    /// <param name="events">The object that receives the events.</param>
    /// <param name="sink">The object that sends the datagrams.</param>
    /// <param name="account">The count of the memory that is held for readers.</param>
    /// <param name="protocols">The application protocols that are offered.</param>
    /// <param name="paths">The paths on which the peer may be reached, at least one. The first flight goes to all.</param>
    /// <param name="expected">The id of the peer.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public static QuicCore Dial(
        CoreSettings settings, ICoreEvents events, IDatagramSink sink, ReceiveAccount account, IReadOnlyList<string> protocols,
        IReadOnlyList<NetworkPath> paths, EndpointId expected, ulong now)
    {
        NgCid dcid;
        ConnectionId.Randomize(&dcid, ConnectionId.FirstLength);
        var dial = new DialPath(sink, paths);
        return new QuicCore(settings, events, dial, protocols, dial.Constant, dial, expected, account, &dcid, null, null, now);
    }

    /// <summary>Creates a connection for the first packet of a client. The packet must then be passed to <see cref="Receive"/>.</summary>
    /// <param name="settings">The settings of the endpoint.</param>
    /// <param name="events">The object that receives the events.</param>
    /// <param name="sink">The object that sends the datagrams.</param>
    /// <param name="account">The count of the memory that is held for readers.</param>
    /// <param name="protocols">The application protocols that are accepted.</param>
    /// <param name="path">The path of the packet.</param>
    /// <param name="header">The header of the packet, from ngtcp2_accept.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <param name="retried">
    /// The destination connection id of the client's packet that was answered with a Retry, if the token in the header has been verified;
    /// otherwise, null.
    /// </param>
    public static QuicCore Accept(
        CoreSettings settings, ICoreEvents events, IDatagramSink sink, ReceiveAccount account, IReadOnlyList<string> protocols,
        in NetworkPath path, NgPacketHeader* header, ulong now, NgCid* retried = null) =>
        new(settings, events, sink, protocols, path, null, null, account, &header->Scid, header, retried, now);

    /// <summary>Processes datagrams that have arrived.</summary>
    /// <param name="path">The path of the datagrams.</param>
    /// <param name="datagrams">The datagrams, one after the other.</param>
    /// <param name="segment">The size of each datagram; the last may be shorter.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public void Receive(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment, ulong now)
    {
        if (HasEnded)
            return;
        try
        {
            var result = Reader.Read(path, datagrams, segment, now, out var last);
            if (result != 0)
                Fail(result, now, last);
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }
    }

    /// <summary>Processes the timers that have expired.</summary>
    public void HandleExpiry(ulong now)
    {
        if (HasEnded)
            return;
        try
        {
            if (IsEstablished)
                _mtu.OnExpired(Ngtcp2.GetPto(_native.Handle), now);
            var result = Ngtcp2.HandleExpiry(_native.Handle, now);
            if (result != 0)
                Fail(result, now);
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }
    }

    /// <summary>Wakes the readers for which data has arrived, and sends what can be sent now.</summary>
    public void Flush(ulong now)
    {
        Streams.OnPacketsRead();
        if (HasEnded)
            return;
        try
        {
            if (Streams.GiveUpStopped(now))
                Write(now);
            else
                Fail(Ngtcp2.CallbackFailure, now);
            if (HasEnded)
                return;
            _mtu.OnFlushed(_statistics.Measure(_native, _mtu));
            Datagrams.Update(_native, _mtu.Limited((int)Ngtcp2.GetPathMaxPayload(_native.Handle)));
            if (IsServer)
                _path = NativePath.Read(Ngtcp2.GetPath(_native.Handle));
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }
    }

    /// <summary>Adds paths on which the peer may be reached to a dial. Has no effect after the handshake.</summary>
    public void AddPaths(IEnumerable<NetworkPath> paths)
    {
        if (HasEnded || _dial is null)
            return;
        foreach (var path in paths)
            _dial.Add(path);
    }

    /// <summary>
    /// Lets the connection adapt to a change of this side's network; see <see cref="NetworkChange"/>. The packets are sent by
    /// <see cref="Flush"/>.
    /// </summary>
    public void OnNetworkChanged(ulong now)
    {
        if (HasEnded || !IsEstablished)
            return;
        try
        {
            _networkChange.OnChanged(now);
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }
    }

    /// <summary>
    /// Begins to use new packet protection keys (RFC 9001, section 6), which ngtcp2 otherwise does only before the limit of its cipher.
    /// </summary>
    /// <returns>False if the handshake is not confirmed, or if the previous update was too recent or is not acknowledged.</returns>
    internal bool TryUpdateKey(ulong now) =>
        !HasEnded && IsEstablished && Ngtcp2.InitiateKeyUpdate(_native.Handle, now) == 0;

    /// <summary>
    /// Closes the connection with a code of the application. What the streams have to send is sent before, as far as it can be sent now: a
    /// reset says why its stream ended, and the close does not.
    /// </summary>
    public void Close(ulong code, string reason, ulong now)
    {
        if (HasEnded)
            return;
        Write(now);
        if (!HasEnded)
            Termination.Close(code, reason, now);
    }

    /// <summary>Ends the connection because code of this library threw an exception. Other connections are not affected.</summary>
    public void Break(Exception fault, ulong now)
    {
        OnFault(fault);
        if (!HasEnded)
            Fail(Ngtcp2.CallbackFailure, now);
    }

    /// <inheritdoc/>
    public bool OnPeerKey(ReadOnlySpan<byte> key) => _identity.Check(key);

    /// <inheritdoc/>
    public void OnFault(Exception fault) => Fault ??= fault;

    /// <summary>Called when a new path is validated, for example after the peer has moved.</summary>
    internal void OnPathValidated() => _mtu.Reset();

    private void Write(ulong now)
    {
        _ping.BeforeWrite();
        var result = _writer.Write(now);
        if (result != 0)
            Fail(result, now);
        else
            _ping.AfterWrite();
    }

    private void Fail(int result, ulong now, ReadOnlySpan<byte> datagram = default) => Termination.Fail(result, Fault, datagram, now);
}
