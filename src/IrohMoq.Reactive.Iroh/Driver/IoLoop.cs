using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents the I/O thread of an endpoint. The thread owns the sockets and all connections, routes datagrams by connection id, and lets
/// each connection send its pending data. The only code of the application that runs on it is the
/// <see cref="IrohEndpointOptions.IncomingFilter"/>; its logger does not.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread owns the sockets and disposes them when it ends.")]
internal sealed unsafe class IoLoop : IDatagramSink
{
    private const int BatchesPerRound = 16;
    private const ulong MaxWait = 10_000_000_000;

    /// <summary>The maximum time, in nanoseconds, for which a full send buffer of the kernel delays other work.</summary>
    private const ulong BlockedWait = 1_000_000;

    private readonly SocketSet _sockets;
    private readonly HandOvers _handOvers;
    private readonly Timeline _timeline = new();
    private readonly PacketRouter _router;
    private readonly Listener _listener;
    private readonly RetryTokens _tokens;
    private readonly IConnectionAcceptor _acceptor;
    private readonly ILogger _log;
    private readonly Completion<Exception?> _ended;
    private readonly Thread _thread;

    // A real clock: packets are not sent in virtual time.
    private readonly ThreadPoolRuntime _clock = ThreadPoolRuntime.Instance;
    private readonly ulong _nanosecondsPerTick;

    // Connections that have something to do. Those whose socket is blocked are flushed in a later round.
    private List<DrivenConnection> _active = [];
    private List<DrivenConnection> _flushed = [];

    public IoLoop(DriverSettings driver, CoreSettings settings, IConnectionAcceptor acceptor, ILogger log)
    {
        Driver = driver;
        Settings = settings;
        _acceptor = acceptor;
        _log = log;
        _nanosecondsPerTick = (ulong)(1_000_000_000 / _clock.TimestampFrequency);
        _ended = new Completion<Exception?>(driver.Runtime);
        _sockets = new SocketSet(driver.BindAddresses, driver.UseOffload);
        _handOvers = new HandOvers(_sockets);
        Buffer = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);
        _tokens = new RetryTokens();
        var answers = new StatelessAnswers(this, settings.ResetSecret, _tokens);
        _listener = new Listener(this, acceptor, answers, _tokens);
        _router = new PacketRouter(Connections, _listener, answers, this);
        var bound = string.Join(", ", LocalEndPoints);
        Log(log => log.Bound(bound, Offload));
        _thread = new Thread(Run) { IsBackground = true, Name = $"iroh {LocalEndPoints[0]}" };
    }

    /// <summary>Gets the settings of the loop.</summary>
    public DriverSettings Driver { get; }

    /// <summary>Gets the settings of the connections.</summary>
    public CoreSettings Settings { get; }

    /// <summary>Gets the addresses that the sockets are bound to.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints => _sockets.LocalEndPoints;

    /// <summary>Gets the kernel offload that is in use: <c>gso+gro</c>, <c>gso</c>, <c>gro</c> or <c>none</c>.</summary>
    public string Offload => (_sockets.HasGso, _sockets.HasGro) switch
    {
        (true, true) => "gso+gro",
        (true, false) => "gso",
        (false, true) => "gro",
        _ => "none",
    };

    /// <summary>Gets the numbers of system calls and datagrams of the sockets.</summary>
    public SocketCounters Counters => _sockets.Counters;

    /// <summary>
    /// Gets a task that completes when the thread has ended: with null after <see cref="Stop"/>, otherwise with the exception that ended
    /// the thread.
    /// </summary>
    public Task<Exception?> Ended => _ended.Task;

    /// <summary>Gets the table of connections. Only the I/O thread may access the table.</summary>
    public ConnectionTable Connections { get; } = new();

    /// <summary>Gets the number of connections. On other threads than the I/O thread the value may be outdated.</summary>
    public int ConnectionCount => Connections.Count;

    /// <summary>Gets the fair share of one connection in the byte budget, in bytes. Only the I/O thread may use it.</summary>
    public long FairShare => Settings.Budget.Most / Math.Max(Connections.Count, 1);

    /// <inheritdoc/>
    public byte* Buffer { get; }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Sets the protocols that are accepted from now on.</summary>
    public void Listen(IReadOnlyList<string> protocols) => _listener.Listen(protocols);

    /// <summary>Passes a dial to the I/O thread.</summary>
    /// <returns>False if the thread has ended or is ending.</returns>
    public bool TryHand(Dial dial) => _handOvers.TryAdd(dial);

    /// <summary>Passes a connection with pending work to the I/O thread.</summary>
    public void Hand(DrivenConnection connection) => _handOvers.Add(connection);

    /// <summary>Lets all connections adapt to a change of the machine's network.</summary>
    public void OnNetworkChanged() => _handOvers.AddNetworkChange();

    /// <summary>Returns a value that indicates whether one of the sockets has the family of an address.</summary>
    public bool CanReach(IPEndPoint remote) =>
        _sockets.Addresses.Any(local => CandidatePaths.CanReach(local, NetworkAddress.From(remote)));

    /// <summary>Returns the paths on which a dial tries to reach the addresses of a peer.</summary>
    public NetworkPath[] PathsTo(IEnumerable<IPEndPoint> remotes) =>
        CandidatePaths.Of(_sockets.Addresses, remotes.Select(NetworkAddress.From));

    /// <summary>Ends all connections and the thread.</summary>
    public void Stop() => _handOvers.Stop();

    /// <inheritdoc/>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment) => _sockets.Send(path, datagrams, segment);

    /// <summary>Offers an incoming connection whose handshake is complete to the application.</summary>
    public void OnAccepted(DrivenConnection connection)
    {
        _listener.OnHandshakeOver(connection);
        var (remote, protocol) = (connection.RemoteEndPoint, connection.Core.Protocol);
        Log(log => log.Accepted(remote, protocol));
        _acceptor.Accept(connection);
    }

    /// <summary>A dial has succeeded.</summary>
    public void OnDialed(DrivenConnection connection)
    {
        var (remote, protocol) = (connection.RemoteEndPoint, connection.Core.Protocol);
        Log(log => log.Dialed(remote, protocol));
    }

    /// <summary>A connection has ended.</summary>
    public void OnEnded(DrivenConnection connection, TransportEnd end)
    {
        if (connection.Core is { IsServer: true, IsEstablished: false })
            _listener.OnHandshakeOver(connection);
        if (connection.Core.Fault is { } fault)
            LogFault(connection.RemoteEndPoint, fault);
        else if (!connection.Core.Termination.IsDropped)
            Log(log => log.ConnectionOver(connection.RemoteEndPoint, end));
    }

    /// <summary>Logs that connections are refused.</summary>
    public void LogRefusing(IPEndPoint remote, int handshakes)
    {
        var (connections, buffered) = (Connections.Count, Settings.Budget.Used);
        Log(log => log.Refusing(remote, connections, handshakes, buffered));
    }

    /// <summary>Logs that the filter of the application has failed for a client.</summary>
    public void LogFilterFailed(IPEndPoint remote, long failures, Exception failure) =>
        Log(log => log.IncomingFilterFailed(remote, failures, failure));

    /// <summary>Logs a fault of this library that has ended a connection.</summary>
    public void LogFault(IPEndPoint remote, Exception fault) => Log(log => log.ConnectionFault(remote, fault));

    /// <summary>Writes to the log on the scheduler, because a logger may block.</summary>
    private void Log(Action<ILogger> write)
    {
        if (_log is not NullLogger)
            Driver.Runtime.Post(() => write(_log));
    }

    /// <summary>Gets the current time in nanoseconds.</summary>
    public ulong Now() => (ulong)_clock.GetTimestamp() * _nanosecondsPerTick;

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

        foreach (var connection in Connections.All.ToArray())
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

        try
        {
            AnswerLatePackets();
        }
        catch (Exception fault)
        {
            death ??= fault;
        }

        var dials = _handOvers.Close();
        NativeMemory.Free(Buffer);
        foreach (var dial in dials)
            dial.Connection.OnDialFailed(new ObjectDisposedException(nameof(IrohEndpoint)));
        _acceptor.End();
        Settings.Dispose();
        _tokens.Dispose();
        _ended.TrySet(death);
    }

    /// <summary>
    /// Answers packets of the connections that this side has closed with the close again, until their closing periods are over (RFC 9000,
    /// section 10.2.1): a peer that has missed the close would otherwise wait for its idle timeout.
    /// </summary>
    private void AnswerLatePackets()
    {
        _listener.Listen([]);
        for (var now = Now(); Connections.ClosingEnds > now; now = Now())
        {
            if (!_sockets.Wait(Connections.ClosingEnds - now))
                continue;
            for (var i = 0; i < BatchesPerRound && _sockets.TryReceive(out var batch); i++)
                Receive(batch, now);
        }
    }

    /// <summary>Waits for work and performs it: datagrams, hand-overs, timers, then sending.</summary>
    /// <returns>False if the endpoint must end.</returns>
    private bool Round()
    {
        var now = Now();
        var next = _timeline.Next;
        _handOvers.FallAsleep();
        // The connections that are still active wait for the socket of their path.
        var hasWork = _handOvers.Any || next <= now || _listener.HasDeferred;
        var wait = hasWork ? 0 : Math.Min(next - now, _active.Count > 0 ? BlockedWait : MaxWait);
        var hasDatagrams = _sockets.Wait(wait);
        _handOvers.GetUp();

        now = Now();
        for (var i = 0; hasDatagrams && i < BatchesPerRound && _sockets.TryReceive(out var batch); i++)
            Receive(batch, now);
        if (!TakeHandOver(now))
            return false;
        now = Now();
        while (_timeline.TryTakeDue(now, out var due))
            Activate(due);
        ReceiveDeferred(now);
        Flush(now);
        Connections.Forget(now);
        return true;
    }

    private void Receive(in ReceivedBatch batch, ulong now)
    {
        for (var datagrams = batch.Bytes; datagrams.Length > 0;)
        {
            if (_router.Route(batch.Path, datagrams, batch.Segment, now, out var length) is { } connection)
                Activate(connection);
            datagrams = datagrams[length..];
        }
    }

    /// <summary>
    /// Begins handshakes that had to wait for time: as many as their share allows, and one if there is nothing else to do.
    /// </summary>
    private void ReceiveDeferred(ulong now)
    {
        while (_listener.TryResume(isIdle: _active.Count == 0, out var path, out var packet))
        {
            if (_router.RouteDeferred(path, packet, now) is { } connection)
                Activate(connection);
        }
    }

    /// <summary>Lets each active connection send, except for those whose socket is blocked.</summary>
    private void Flush(ulong now)
    {
        (_active, _flushed) = (_flushed, _active);
        foreach (var connection in _flushed)
        {
            connection.IsActive = false;
            if (_sockets.IsBlocked(connection.Core.Path.Carrier))
            {
                Activate(connection);
                continue;
            }

            if (connection.Core.Expiry <= now)
                connection.Core.HandleExpiry(now);
            connection.Flush(now);
            _timeline.Set(connection, connection.Core.Expiry);
        }

        _flushed.Clear();
    }

    /// <returns>False if the endpoint must end.</returns>
    private bool TakeHandOver(ulong now)
    {
        var goesOn = _handOvers.TryTake(out var connections, out var dials, out var hasNetworkChanged);
        if (dials is not null)
        {
            foreach (var dial in dials)
                Begin(dial, now);
        }

        foreach (var connection in connections)
        {
            connection.TakeHandOver(now);
            if (connection.HasBegun)
                Activate(connection);
        }

        // Cleared now and not at the next hand-over, which may come late: the list must not keep an ended connection alive.
        connections.Clear();
        if (hasNetworkChanged)
        {
            foreach (var connection in Connections.All.ToArray())
            {
                connection.Core.OnNetworkChanged(now);
                Activate(connection);
            }
        }

        return goesOn;
    }

    private void Begin(Dial dial, ulong now)
    {
        try
        {
            if (Connections.Count >= Driver.MaxConnections)
            {
                throw new MoqConnectException(
                    ConnectError.Other,
                    $"{Connections.Count} connections are open. Close some, or raise "
                    + $"{nameof(IrohEndpointOptions)}.{nameof(Driver.MaxConnections)}.");
            }

            dial.Connection.Dial(dial.Id, dial.Protocols, PathsTo(dial.Remotes), now);
            Activate(dial.Connection);
        }
        catch (Exception fault)
        {
            dial.Connection.OnDialFailed(
                fault as MoqConnectException ?? new MoqConnectException(
                    ConnectError.Other,
                    $"The dial of {string.Join(", ", dial.Remotes)} could not begin: {fault.Message}",
                    innerException: fault));
        }
    }

    private void Activate(DrivenConnection connection)
    {
        if (connection.IsActive)
            return;
        connection.IsActive = true;
        _active.Add(connection);
    }
}
