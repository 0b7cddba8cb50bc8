using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents the I/O thread of an endpoint. The thread owns the sockets and all connections, routes datagrams by connection id, and lets
/// each connection send its pending data. The only code of the application that runs on it is the
/// <see cref="IrohEndpointOptions.IncomingFilter"/>; its logger does not.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread owns the sockets and disposes them when it ends.")]
internal sealed unsafe class IoLoop : IDatagramSink
{
    private const ulong MaxWait = 10_000_000_000;

    /// <summary>The maximum time, in nanoseconds, for which a full send buffer of the kernel delays other work.</summary>
    private const ulong BlockedWait = 1_000_000;

    private readonly SocketSet _sockets;
    private readonly HandOvers _handOvers;
    private readonly Timeline _timeline = new();
    private readonly ActiveConnections _active;
    private readonly Dialer _dialer;
    private readonly PacketReceiver _receiver;
    private readonly Listener _listener;
    private readonly RetryTokens _tokens;
    private readonly IConnectionAcceptor _acceptor;
    private readonly Completion<Exception?> _ended;
    private readonly Thread _thread;

    // A real clock: packets are not sent in virtual time.
    private readonly ThreadPoolRuntime _clock = ThreadPoolRuntime.Instance;
    private readonly ulong _nanosecondsPerTick;

    public IoLoop(DriverSettings driver, CoreSettings settings, IConnectionAcceptor acceptor, ILogger log)
    {
        Driver = driver;
        Settings = settings;
        _acceptor = acceptor;
        Log = new DriverLog(log, driver.Runtime);
        _nanosecondsPerTick = (ulong)(1_000_000_000 / _clock.TimestampFrequency);
        _ended = new Completion<Exception?>(driver.Runtime);
        _sockets = new SocketSet(driver.BindAddresses, driver.UseOffload);
        _handOvers = new HandOvers(_sockets);
        _active = new ActiveConnections(_sockets, _timeline);
        _dialer = new Dialer(_sockets, Connections, driver.MaxConnections);
        Buffer = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);
        _tokens = new RetryTokens();
        var answers = new StatelessAnswers(this, settings.ResetSecret, _tokens);
        _listener = new Listener(this, acceptor, answers, _tokens);
        _receiver = new PacketReceiver(_sockets, new PacketRouter(Connections, _listener, answers, this), _listener, _active);
        Log.Bound(LocalEndPoints, Offload);
        _thread = new Thread(Run) { IsBackground = true, Name = $"iroh {LocalEndPoints[0]}" };
    }

    /// <summary>Gets the settings of the loop.</summary>
    public DriverSettings Driver { get; }

    /// <summary>Gets the settings of the connections.</summary>
    public CoreSettings Settings { get; }

    /// <summary>Gets the log of the loop.</summary>
    public DriverLog Log { get; }

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
    public bool CanReach(IPEndPoint remote) => _dialer.CanReach(remote);

    /// <summary>Returns the paths on which a dial tries to reach the addresses of a peer.</summary>
    public NetworkPath[] PathsTo(IEnumerable<IPEndPoint> remotes) => _dialer.PathsTo(remotes);

    /// <summary>Ends all connections and the thread.</summary>
    public void Stop() => _handOvers.Stop();

    /// <inheritdoc/>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment) => _sockets.Send(path, datagrams, segment);

    /// <summary>Offers an incoming connection whose handshake is complete to the application.</summary>
    public void OnAccepted(DrivenConnection connection)
    {
        _listener.OnHandshakeOver(connection);
        Log.Accepted(connection);
        _acceptor.Accept(connection);
    }

    /// <summary>Called when a dial has succeeded.</summary>
    public void OnDialed(DrivenConnection connection) => Log.Dialed(connection);

    /// <summary>Called when a connection has ended.</summary>
    public void OnEnded(DrivenConnection connection, TransportEnd end)
    {
        if (connection.Core is { IsServer: true, IsEstablished: false })
            _listener.OnHandshakeOver(connection);
        Log.Ended(connection, end);
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
            Log.EndpointDied(fault);
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
            if (_sockets.Wait(Connections.ClosingEnds - now))
                _receiver.Receive(now);
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
        var wait = hasWork ? 0 : Math.Min(next - now, _active.IsEmpty ? MaxWait : BlockedWait);
        var hasDatagrams = _sockets.Wait(wait);
        _handOvers.GetUp();

        now = Now();
        if (hasDatagrams)
            _receiver.Receive(now);
        if (!TakeHandOver(now))
            return false;
        now = Now();
        while (_timeline.TryTakeDue(now, out var due))
            _active.Add(due);
        _receiver.ReceiveDeferred(now);
        _active.Flush(now);
        Connections.Forget(now);
        return true;
    }

    /// <returns>False if the endpoint must end.</returns>
    private bool TakeHandOver(ulong now)
    {
        var goesOn = _handOvers.TryTake(out var connections, out var dials, out var hasNetworkChanged);
        if (dials is not null)
        {
            foreach (var dial in dials)
            {
                if (_dialer.TryBegin(dial, now))
                    _active.Add(dial.Connection);
            }
        }

        foreach (var connection in connections)
        {
            connection.TakeHandOver(now);
            if (connection.HasBegun)
                _active.Add(connection);
        }

        // Cleared now and not at the next hand-over, which may come late: the list must not keep an ended connection alive.
        connections.Clear();
        if (hasNetworkChanged)
        {
            foreach (var connection in Connections.All.ToArray())
            {
                connection.Core.OnNetworkChanged(now);
                _active.Add(connection);
            }
        }

        return goesOn;
    }
}
