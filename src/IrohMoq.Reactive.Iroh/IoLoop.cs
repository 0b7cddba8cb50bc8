using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Iroh.Tls;
using IrohMoq.Reactive.Iroh.Udp;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// The one thread of an endpoint: owns its socket and every connection, routes datagrams by connection id, and lets each connection that has something to do send.
/// Nothing of the application's runs here.
/// </summary>
#pragma warning disable CA1001 // The thread owns the socket and disposes it when it ends; nobody else may.
internal sealed unsafe class IoLoop
#pragma warning restore CA1001
{
    public const int BufferSize = UdpSocket.MaxBatch + 2048;
    public const int ResetSecretSize = 32;

    private const int BatchesPerRound = 16;
    private const ulong MostWait = 10_000_000_000;

    private readonly Lock _gate = new();
    private readonly UdpSocket _socket;
    private readonly ConnectionTable _table;
    private readonly List<QuicConnection> _active = [];
    private readonly ILogger _log;
    private readonly Turns _turns;
    private readonly OneShot<Exception?> _ended;
    private readonly Thread _thread;
    private readonly ulong _ticksToNanoseconds;
    private List<QuicConnection> _handed = [];
    private List<QuicConnection> _handedTaken = [];
    private List<Action<ulong>> _commands = [];
    private IReadOnlyList<string> _protocols = [];
    private Mailbox<QuicConnection>? _accepted;
    private int _isAsleep;
    private long _buffered;
    private bool _stop;

    public IoLoop(IrohEndpointOptions options, RawKeyCredentials credentials, Mailbox<QuicConnection> accepted, ILogger log)
    {
        Options = options;
        Credentials = credentials;
        _accepted = accepted;
        _log = log;
        // A real clock: packets are not sent in virtual time.
        _turns = PoolTurns.Instance;
        _ticksToNanoseconds = (ulong)(1_000_000_000 / _turns.TimestampFrequency);
        _ended = new OneShot<Exception?>(options.Turns);
        _socket = new UdpSocket(options.BindAddress);
        _table = new ConnectionTable();
        Buffer = (byte*)NativeMemory.Alloc(BufferSize);
        ResetSecret = (byte*)NativeMemory.Alloc(ResetSecretSize);
        GnuTls.Check(GnuTls.Random(GnuTls.RandomKey, ResetSecret, ResetSecretSize), "give random bytes");
        _log.Bound(LocalEndPoint, Offload);
        _thread = new Thread(Run) { IsBackground = true, Name = $"iroh {LocalEndPoint}" };
    }

    public IrohEndpointOptions Options { get; }

    public RawKeyCredentials Credentials { get; }

    public IPEndPoint LocalEndPoint => _socket.LocalEndPoint;

    /// <summary>What the kernel takes off us: <c>gso+gro</c>, <c>gso</c>, <c>gro</c> or <c>none</c>.</summary>
    public string Offload => (_socket.HasGso, _socket.HasGro) switch
    {
        (true, true) => "gso+gro",
        (true, false) => "gso",
        (false, true) => "gro",
        _ => "none",
    };

    /// <summary>Completes when the thread has ended, with what killed it if it was not asked to.</summary>
    public Task<Exception?> Ended => _ended.Task;

    /// <summary>Where packets are put together. I/O thread only.</summary>
    public byte* Buffer { get; }

    public byte* ResetSecret { get; }

    /// <summary>Bytes that all connections keep for their readers and writers.</summary>
    public long Buffered => Interlocked.Read(ref _buffered);

    public void Start() => _thread.Start();

    public void CountBuffered(long bytes) => Interlocked.Add(ref _buffered, bytes);

    /// <summary>Which protocols are accepted from now on.</summary>
    public void Listen(IReadOnlyList<string> protocols) => Volatile.Write(ref _protocols, [.. protocols]);

    /// <summary>Begins a dial; the connection's own task tells how it went.</summary>
    public Task<QuicConnection> DialAsync(EndpointId id, IPEndPoint remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        var result = new OneShot<QuicConnection>(Options.Turns);
        Command(now =>
        {
            try
            {
                result.TrySet(Activate(QuicConnection.Dial(this, id, remote, protocols, now)));
            }
            catch (Exception fault) when (fault is InvalidOperationException)
            {
                result.TryFail(fault);
            }
        });
        return QuicConnection.EstablishAsync(result.Task, cancellationToken);
    }

    /// <summary>Ends every connection and the thread.</summary>
    public void Stop()
    {
        lock (_gate)
            _stop = true;
        _socket.Wake();
    }

    /// <summary>The local address that a path to a peer begins at: one socket, so always the same.</summary>
    public IPEndPoint LocalFor(IPEndPoint remote) => LocalEndPoint;

    /// <summary>Application threads: this connection has something for the I/O thread.</summary>
    public void Hand(QuicConnection connection)
    {
        lock (_gate)
            _handed.Add(connection);
        WakeIfAsleep();
    }

    public void Send(byte* remote, uint remoteLength, byte* bytes, int length, int segment) => _socket.Send(remote, remoteLength, bytes, length, segment);

    public void Route(ConnectionId id, QuicConnection connection) => _table.Add(id, connection);

    public void Unroute(ConnectionId id, QuicConnection connection) => _table.Remove(id, connection);

    /// <summary>Keeps an ended connection's ids for a while, so that late packets neither reach nobody nor begin a new connection.</summary>
    public void Retire(QuicConnection connection, byte[]? closePacket, ulong until) => _table.Retire(connection, closePacket, until);

    public void OnAccepted(QuicConnection connection)
    {
        if (_accepted?.TryWrite(connection) != true)
            connection.Close(0, "not accepted");
    }

    public void OnEnded(QuicConnection connection, TransportEnd end, Exception? fault)
    {
        if (fault is not null)
            _log.ConnectionFault(connection.RemoteEndPoint, fault);
        else
            _log.ConnectionOver(connection.RemoteEndPoint, end);
    }

    private void Command(Action<ulong> command)
    {
        lock (_gate)
            _commands.Add(command);
        WakeIfAsleep();
    }

    private void WakeIfAsleep()
    {
        if (Interlocked.Exchange(ref _isAsleep, 0) != 0)
            _socket.Wake();
    }

    private ulong Now() => (ulong)_turns.GetTimestamp() * _ticksToNanoseconds;

    private void Run()
    {
        Exception? death = null;
        try
        {
            while (!IsStopping)
                Round();
        }
        catch (Exception fault)
        {
            death = fault;
            _log.EndpointDied(fault);
        }

        try
        {
            foreach (var connection in _table.Connections.ToArray())
                connection.Shutdown(Now());
        }
        catch (Exception fault)
        {
            death ??= fault;
        }

        _accepted!.End(new ObjectDisposedException(nameof(IrohEndpoint)));
        _socket.Dispose();
        NativeMemory.Free(Buffer);
        NativeMemory.Free(ResetSecret);
        Credentials.Dispose();
        _ended.TrySet(death);
    }

    private bool IsStopping
    {
        get
        {
            lock (_gate)
                return _stop;
        }
    }

    /// <summary>Waits for something to do, and does it: datagrams, hand-overs, timers, then sending.</summary>
    private void Round()
    {
        var now = Now();
        var next = _table.NextExpiry();
        Interlocked.Exchange(ref _isAsleep, 1);
        var hasDatagrams = _socket.Wait(HasHandOver || next <= now ? 0 : next == ulong.MaxValue ? ulong.MaxValue : Math.Min(next - now, MostWait));
        Interlocked.Exchange(ref _isAsleep, 0);

        now = Now();
        for (var i = 0; hasDatagrams && i < BatchesPerRound && _socket.TryReceive(out var batch); i++)
            Receive(batch, now);
        TakeHandOver(now);
        now = Now();
        foreach (var connection in _table.Connections)
        {
            if (connection.Expiry <= now)
                _active.Add(Mark(connection));
        }

        for (var i = 0; i < _active.Count; i++)
        {
            var connection = _active[i];
            connection.IsActive = false;
            if (connection.Expiry <= now)
                connection.HandleExpiry(now);
            connection.Flush(now);
        }

        _active.Clear();
        _table.Forget(now);
    }

    private bool HasHandOver
    {
        get
        {
            lock (_gate)
                return _handed.Count > 0 || _commands.Count > 0 || _stop;
        }
    }

    private void TakeHandOver(ulong now)
    {
        List<Action<ulong>>? commands = null;
        lock (_gate)
        {
            (_handed, _handedTaken) = (_handedTaken, _handed);
            if (_commands.Count > 0)
                (_commands, commands) = ([], _commands);
        }

        if (commands is not null)
        {
            foreach (var command in commands)
                command(now);
        }

        foreach (var connection in _handedTaken)
        {
            connection.TakeHandOver(now);
            Activate(connection);
        }

        _handedTaken.Clear();
    }

    private QuicConnection Activate(QuicConnection connection)
    {
        if (!connection.IsActive)
            _active.Add(Mark(connection));
        return connection;
    }

    private static QuicConnection Mark(QuicConnection connection)
    {
        connection.IsActive = true;
        return connection;
    }

    private void Receive(in ReceivedBatch batch, ulong now)
    {
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        path.Path.Local.Length = UdpAddress.Write(LocalEndPoint, path.LocalBuffer);
        path.Path.Remote.Length = batch.FromLength;
        System.Buffer.MemoryCopy(batch.From, path.RemoteBuffer, UdpAddress.MaxSize, batch.FromLength);
        for (var offset = 0; offset < batch.Length; offset += batch.Segment)
            Receive(&path.Path, batch.Bytes + offset, Math.Min(batch.Segment, batch.Length - offset), now);
    }

    private void Receive(NgPath* path, byte* packet, int length, ulong now)
    {
        NgVersionCid ids;
        var result = Ngtcp2.DecodeVersionCid(&ids, packet, (nuint)length, ConnectionId.OwnLength);
        if (result == Ngtcp2.VersionNegotiation)
        {
            NegotiateVersion(path, &ids);
            return;
        }

        // Garbage gets no answer.
        if (result != 0 || ids.DcidLength > NgCid.MaxLength)
            return;
        var id = ConnectionId.From(new ReadOnlySpan<byte>(ids.Dcid, (int)ids.DcidLength));
        if (_table.Find(id) is { } connection)
        {
            connection.Receive(path, packet, length, now);
            Activate(connection);
        }
        else if (_table.IsRetired(id, out var closePacket))
        {
            if (closePacket is not null)
            {
                fixed (byte* bytes = closePacket)
                    _socket.Send((byte*)path->Remote.Address, path->Remote.Length, bytes, closePacket.Length, closePacket.Length);
            }
        }
        else
        {
            Accept(path, packet, length, now);
        }
    }

    private void Accept(NgPath* path, byte* packet, int length, ulong now)
    {
        NgPacketHeader header;
        if (Ngtcp2.Accept(&header, packet, (nuint)length) != 0)
            return;
        var protocols = Volatile.Read(ref _protocols);
        var remote = UdpAddress.Read((byte*)path->Remote.Address);
        if (protocols.Count == 0 || _table.Count >= Options.MaxConnections || Buffered > Options.MaxBufferedBytes)
        {
            if (protocols.Count > 0)
                _log.TooManyConnections(remote, _table.Count);
            Refuse(path, &header);
            return;
        }

        var connection = QuicConnection.Accept(this, remote, &header, protocols, now);
        connection.Receive(path, packet, length, now);
        Activate(connection);
    }

    private void Refuse(NgPath* path, NgPacketHeader* header)
    {
        const ulong connectionRefused = 2;
        var length = CryptoGnuTls.WriteStatelessClose(Buffer, 1200, header->Version, &header->Scid, &header->Dcid, connectionRefused, null, 0);
        if (length > 0)
            _socket.Send((byte*)path->Remote.Address, path->Remote.Length, Buffer, (int)length, (int)length);
    }

    private void NegotiateVersion(NgPath* path, NgVersionCid* ids)
    {
        var version = Ngtcp2.Version1;
        byte random;
        if (GnuTls.Random(GnuTls.RandomNonce, &random, 1) != 0)
            return;
        var length = Ngtcp2.WriteVersionNegotiation(Buffer, 1200, random, ids->Scid, ids->ScidLength, ids->Dcid, ids->DcidLength, &version, 1);
        if (length > 0)
            _socket.Send((byte*)path->Remote.Address, path->Remote.Length, Buffer, (int)length, (int)length);
    }
}
