using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Iroh.Tls;
using IrohMoq.Reactive.Iroh.Udp;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Represents the I/O thread of an endpoint. The thread owns the socket and all connections, routes datagrams by connection id, and lets
/// each connection with pending work send. It runs no code of the application, not even the application's logger.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread owns the socket and disposes it when it ends.")]
internal sealed unsafe partial class IoLoop : IPacketSink
{
    public const int BufferSize = UdpSocket.MaxBatch + 2048;

    private const int BatchesPerRound = 16;
    private const ulong MostWait = 10_000_000_000;

    private readonly UdpSocket _socket;
    private readonly HandOvers _handOvers;
    private readonly ConnectionTable _table = new();
    private readonly Timeline _timeline = new();
    private readonly List<QuicConnection> _active = [];
    private readonly ILogger _log;
    private readonly Completion<Exception?> _ended;
    private readonly Thread _thread;

    // Always a real clock, because packets are not sent in virtual time.
    private readonly ThreadPoolRuntime _clock = ThreadPoolRuntime.Instance;
    private readonly ulong _nanosecondsPerTick;
    private readonly Arrivals<QuicConnection> _accepted;

    public IoLoop(IrohEndpointOptions options, SecretKey key, RawKeyCredentials credentials, Arrivals<QuicConnection> accepted, ILogger log)
    {
        Options = options;
        Budget = new ByteBudget(options.MaxBufferedBytes);
        Credentials = credentials;
        _accepted = accepted;
        _log = log;
        _nanosecondsPerTick = (ulong)(1_000_000_000 / _clock.TimestampFrequency);
        _ended = new Completion<Exception?>(options.Runtime);
        _socket = new UdpSocket(options.BindAddress, options.UseOffload);
        _handOvers = new HandOvers(_socket);
        Buffer = (byte*)NativeMemory.Alloc(BufferSize);
        ResetSecret = (byte*)NativeMemory.Alloc(Iroh.ResetSecret.Size);
        try
        {
            Iroh.ResetSecret.Derive(key, new Span<byte>(ResetSecret, Iroh.ResetSecret.Size));
        }
        catch
        {
            _socket.Dispose();
            Free();
            throw;
        }

        LocalEndPoint = _socket.LocalEndPoint;
        Log(log => log.Bound(LocalEndPoint, Offload));
        _thread = new Thread(Run) { IsBackground = true, Name = $"iroh {LocalEndPoint}" };
    }

    public IrohEndpointOptions Options { get; }

    public RawKeyCredentials Credentials { get; }

    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Gets the kernel offload that is in use: <c>gso+gro</c>, <c>gso</c>, <c>gro</c> or <c>none</c>.</summary>
    public string Offload => (_socket.HasGso, _socket.HasGro) switch
    {
        (true, true) => "gso+gro",
        (true, false) => "gso",
        (false, true) => "gro",
        _ => "none",
    };

    /// <summary>
    /// Gets a task that completes when the thread has ended: with null after <see cref="Stop"/>, otherwise with the exception that ended
    /// the thread.
    /// </summary>
    public Task<Exception?> Ended => _ended.Task;

    /// <summary>Gets the buffer in which outgoing packets are assembled. Only the I/O thread may use it.</summary>
    public byte* Buffer { get; }

    public byte* ResetSecret { get; }

    /// <summary>Gets the counter of the bytes that all connections buffer for their readers and writers.</summary>
    public ByteBudget Budget { get; }

    /// <summary>
    /// Gets the number of bytes that one connection may buffer while the budget of the endpoint is exceeded: the budget divided by the
    /// number of connections. Only the I/O thread may read it.
    /// </summary>
    public long FairShare => Budget.Most / Math.Max(_table.Count, 1);

    /// <summary>Gets the number of connections. On threads other than the I/O thread the value may be outdated.</summary>
    public int ConnectionCount => _table.Count;

    public void Start() => _thread.Start();

    /// <summary>Dials a peer. The task fails if the peer cannot be reached or the endpoint ends.</summary>
    public Task<QuicConnection> DialAsync(
        EndpointId id, IPEndPoint remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        var begun = new Completion<QuicConnection>(Options.Runtime);
        _handOvers.Add(new Dial(id, remote, protocols, begun));
        return QuicConnection.EstablishAsync(begun.Task, cancellationToken);
    }

    /// <summary>Requests the thread to close all connections and to end. Returns without waiting.</summary>
    public void Stop() => _handOvers.Stop();

    /// <summary>Passes a connection with pending work to the I/O thread. May be called on any thread.</summary>
    public void Hand(QuicConnection connection) => _handOvers.Add(connection);

    public void Send(byte* remote, uint remoteLength, byte* bytes, int length, int segment) =>
        _socket.Send(remote, remoteLength, bytes, length, segment);

    public void Route(ConnectionId id, QuicConnection connection) => _table.Add(id, connection);

    public void Unroute(ConnectionId id, QuicConnection connection) => _table.Remove(id, connection);

    public void Route(ResetToken token, QuicConnection connection) => _table.Add(token, connection);

    public void Unroute(ResetToken token, QuicConnection connection) => _table.Remove(token, connection);

    /// <summary>
    /// Removes an ended connection and keeps its ids until the specified time, so that late packets are answered with its close packet and
    /// do not start a new connection.
    /// </summary>
    public void Retire(QuicConnection connection, byte[]? closePacket, ulong until) => _table.Retire(connection, closePacket, until);

    public void OnDialed(QuicConnection connection) => Log(log => log.Dialed(connection.RemoteEndPoint, connection.Protocol));

    public void OnEnded(QuicConnection connection, TransportEnd end, Exception? fault)
    {
        if (connection.IsServer && !connection.IsEstablished)
            _handshakes--;
        if (fault is not null)
            Log(log => log.ConnectionFault(connection.RemoteEndPoint, fault));
        else
            Log(log => log.ConnectionOver(connection.RemoteEndPoint, end));
    }

    /// <summary>Writes to the log on the scheduler of the endpoint, because a logger may block and must not delay the I/O thread.</summary>
    private void Log(Action<ILogger> write)
    {
        if (_log is not NullLogger)
            Options.Runtime.Post(() => write(_log));
    }

    private ulong Now() => (ulong)_clock.GetTimestamp() * _nanosecondsPerTick;

    private void Run()
    {
        Exception? death = null;
        try
        {
            while (Round())
            {
            }
        }
        catch (Exception fault)
        {
            death = fault;
            Log(log => log.EndpointDied(fault));
        }

        foreach (var connection in _table.Connections.ToArray())
        {
            try
            {
                connection.Shutdown(Now());
            }
            catch (Exception fault)
            {
                death ??= fault;
            }
        }

        var dials = _handOvers.Close();
        Free();
        foreach (var dial in dials)
            dial.Begun.TryFail(new ObjectDisposedException(nameof(IrohEndpoint)));
        _accepted.End(() => new ObjectDisposedException(nameof(IrohEndpoint)));
        Credentials.Dispose();
        _ended.TrySet(death);
    }

    private void Free()
    {
        NativeMemory.Free(Buffer);
        NativeMemory.Free(ResetSecret);
    }

    /// <summary>
    /// Waits for work, then processes received datagrams, work from other threads and expired timers, and lets the active connections send.
    /// </summary>
    /// <returns>True to continue; false if the endpoint must end.</returns>
    private bool Round()
    {
        var now = Now();
        var next = _timeline.Next;
        _handOvers.FallAsleep();
        var hasDatagrams = _socket.Wait(_handOvers.Any || next <= now ? 0 : Math.Min(next - now, MostWait));
        _handOvers.GetUp();

        now = Now();
        for (var i = 0; hasDatagrams && i < BatchesPerRound && _socket.TryReceive(out var batch); i++)
            Receive(batch, now);
        if (!TakeHandOver(now))
            return false;
        now = Now();
        while (_timeline.TryTakeDue(now, out var due))
            Activate(due);

        for (var i = 0; i < _active.Count; i++)
        {
            var connection = _active[i];
            connection.IsActive = false;
            if (connection.Expiry <= now)
                connection.HandleExpiry(now);
            connection.Flush(now);
            _timeline.Set(connection, connection.Expiry);
        }

        _active.Clear();
        _table.Forget(now);
        return true;
    }

    /// <summary>Processes the dials and the connections that other threads have handed over.</summary>
    /// <returns>True to continue; false if the endpoint must end.</returns>
    private bool TakeHandOver(ulong now)
    {
        var goesOn = _handOvers.TryTake(out var connections, out var dials);
        if (dials is not null)
        {
            foreach (var dial in dials)
                Begin(dial, now);
        }

        foreach (var connection in connections)
        {
            connection.TakeHandOver(now);
            Activate(connection);
        }

        // Cleared now and not at the next call, which may be much later: the list must not keep an ended connection alive.
        connections.Clear();
        return goesOn;
    }

    private void Begin(Dial dial, ulong now)
    {
        try
        {
            if (_table.Count >= Options.MaxConnections)
                {
                throw new MoqConnectException(
                    ConnectError.Other,
                    $"{_table.Count} connections are open. Close some, or raise "
                    + $"{nameof(IrohEndpointOptions)}.{nameof(Options.MaxConnections)}.");
            }

            var connection = QuicConnection.Dial(this, dial.Id, dial.Remote, dial.Protocols, now);
            Activate(connection);
            dial.Begun.TrySet(connection);
        }
        catch (Exception fault)
        {
            dial.Begun.TryFail(
                fault as MoqConnectException ?? new MoqConnectException(
                    ConnectError.Other, $"The dial of {dial.Remote} could not begin: {fault.Message}", innerException: fault));
        }
    }

    private void Activate(QuicConnection connection)
    {
        if (connection.IsActive)
            return;
        connection.IsActive = true;
        _active.Add(connection);
    }
}
