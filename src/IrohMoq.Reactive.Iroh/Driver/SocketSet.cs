using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents the UDP sockets of an endpoint, and an event that wakes the thread that waits for them. The number of a socket is the carrier
/// of its paths. All members except <see cref="Wake"/> and <see cref="Counters"/> must be called on one thread.
/// </summary>
internal sealed unsafe class SocketSet : IDisposable
{
    /// <summary>The maximum number of sockets.</summary>
    public const int MaxSockets = 16;

    private readonly UdpSocket[] _sockets;
    private readonly NetworkAddress[] _addresses;
    private readonly int _wake;

    // The sockets on which datagrams have arrived, one bit each.
    private uint _readable;
    private int _last;
    private long _waits;
    private long _wakes;
    private bool _isDisposed;

    /// <summary>
    /// Binds the sockets. Addresses with port 0 get the same port as the first of them if that port is free, and otherwise any other port.
    /// </summary>
    /// <exception cref="SocketException">A required address, or none of the addresses, can be bound.</exception>
    public SocketSet(IReadOnlyList<BindAddress> addresses, bool useOffload = true)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(addresses.Count, MaxSockets);
        _sockets = Bind(addresses, useOffload);
        LocalEndPoints = [.. _sockets.Select(static socket => socket.LocalEndPoint)];
        _addresses = [.. LocalEndPoints.Select(NetworkAddress.From)];
        _wake = Libc.EventFd(0, Libc.NonBlocking | Libc.CloseOnExec);
        if (_wake >= 0)
            return;
        var failure = UdpSocket.Failure("create the wake-up event of", LocalEndPoints[0]);
        Dispose();
        throw failure;
    }

    /// <summary>Gets the addresses that the sockets are bound to.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>Gets the addresses that the sockets are bound to, as values.</summary>
    public IReadOnlyList<NetworkAddress> Addresses => _addresses;

    /// <summary>Gets a value that indicates whether every socket can send several datagrams in one system call (GSO).</summary>
    public bool HasGso => Array.TrueForAll(_sockets, static socket => socket.HasGso);

    /// <summary>Gets a value that indicates whether every socket can receive several datagrams in one system call (GRO).</summary>
    public bool HasGro => Array.TrueForAll(_sockets, static socket => socket.HasGro);

    /// <summary>Gets the numbers of system calls and datagrams of all sockets. May be read on any thread.</summary>
    public SocketCounters Counters =>
        _sockets.Aggregate(
            new SocketCounters { Waits = Volatile.Read(ref _waits), Wakes = Volatile.Read(ref _wakes) },
            static (sum, socket) => sum + socket.Counters);

    /// <summary>Returns a value that indicates whether a socket keeps datagrams because its send buffer is full.</summary>
    /// <param name="carrier">The number of the socket.</param>
    public bool IsBlocked(int carrier) => _sockets[carrier].IsBlocked;

    /// <summary>Makes <see cref="Wait"/> return. May be called on any thread.</summary>
    public void Wake()
    {
        Interlocked.Increment(ref _wakes);
        var one = 1UL;
        // Fails only if the counter of the event is at its maximum, and then the event is set anyway.
        _ = Libc.Write(_wake, &one, sizeof(ulong));
    }

    /// <summary>
    /// Waits until datagrams have arrived, a blocked socket has room, <see cref="Wake"/> is called, or the time has passed. Sends the
    /// datagrams that a socket has kept and can send now.
    /// </summary>
    /// <param name="nanoseconds">The maximum time to wait; <see cref="ulong.MaxValue"/> for no limit.</param>
    /// <returns>True if datagrams have arrived.</returns>
    public bool Wait(ulong nanoseconds)
    {
        var count = _sockets.Length;
        var fds = stackalloc PollFd[MaxSockets + 1];
        for (var i = 0; i < count; i++)
            fds[i] = _sockets[i].ToPoll();
        fds[count] = new PollFd { Fd = _wake, Events = Libc.PollIn };
        TimeSpec timeout;
        timeout.Seconds = (long)(nanoseconds / 1_000_000_000);
        timeout.Nanoseconds = (long)(nanoseconds % 1_000_000_000);
        _readable = 0;
        _waits++;
        if (Libc.Poll(fds, (nuint)count + 1, nanoseconds == ulong.MaxValue ? null : &timeout, null) <= 0)
            return false;
        if (fds[count].Revents != 0)
        {
            Interlocked.Increment(ref _wakes);
            ulong times;
            _ = Libc.Read(_wake, &times, sizeof(ulong));
        }

        for (var i = 0; i < count; i++)
        {
            if ((fds[i].Revents & Libc.PollOut) != 0)
                _sockets[i].SendKept();
            if ((fds[i].Revents & ~Libc.PollOut) != 0)
                _readable |= 1u << i;
        }

        return _readable != 0;
    }

    /// <summary>
    /// Receives datagrams in one system call, from the sockets in turn: one datagram, or several of one size (the last may be shorter).
    /// </summary>
    /// <returns>False if no datagram is left of those that <see cref="Wait"/> has reported.</returns>
    public bool TryReceive(out ReceivedBatch batch)
    {
        while (_readable != 0)
        {
            var after = _readable & ~((2u << _last) - 1);
            _last = BitOperations.TrailingZeroCount(after != 0 ? after : _readable);
            if (_sockets[_last].TryReceive(out batch))
                return true;
            _readable &= ~(1u << _last);
        }

        batch = default;
        return false;
    }

    /// <summary>Sends datagrams of one size on one path; see <see cref="DatagramSender.Send"/>.</summary>
    /// <returns>False if the datagrams are too large for the network interface.</returns>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment) =>
        _sockets[path.Carrier].Send(path, datagrams, segment);

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        foreach (var socket in _sockets)
            socket.Dispose();
        if (_wake >= 0)
            _ = Libc.Close(_wake);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The set owns the sockets.")]
    private static UdpSocket[] Bind(IReadOnlyList<BindAddress> addresses, bool useOffload)
    {
        var sockets = new List<UdpSocket>(addresses.Count);
        var commonPort = 0;
        SocketException? failure = null;
        try
        {
            foreach (var (address, isRequired) in addresses)
            {
                try
                {
                    sockets.Add(Bind(address, sockets.Count, commonPort, useOffload));
                }
                catch (SocketException notBound) when (!isRequired)
                {
                    failure ??= notBound;
                    continue;
                }

                if (address.Port == 0 && commonPort == 0)
                    commonPort = sockets[^1].LocalEndPoint.Port;
            }

            return sockets.Count > 0 ? [.. sockets] : throw failure ?? new SocketException((int)SocketError.AddressNotAvailable);
        }
        catch
        {
            foreach (var socket in sockets)
                socket.Dispose();
            throw;
        }
    }

    private static UdpSocket Bind(IPEndPoint address, int carrier, int commonPort, bool useOffload)
    {
        if (address.Port != 0 || commonPort == 0)
            return new UdpSocket(address, carrier, useOffload);
        try
        {
            return new UdpSocket(new IPEndPoint(address.Address, commonPort), carrier, useOffload);
        }
        catch (SocketException)
        {
            // Another program has the port, or the address cannot be bound at all, which is then the error.
            return new UdpSocket(address, carrier, useOffload);
        }
    }
}
