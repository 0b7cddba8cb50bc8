using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Udp;

/// <summary>
/// Represents a non-blocking UDP socket, and an event that wakes the thread that waits for the socket. Sends and receives several datagrams
/// in one system call where the kernel supports it (GSO, GRO), and falls back to single sends if the kernel refuses. All members except
/// <see cref="Wake"/> must be called on one thread.
/// </summary>
internal sealed unsafe class UdpSocket : IDisposable
{
    /// <summary>The maximum number of bytes in one batch of datagrams that is sent.</summary>
    public const int MaxBatch = 65_000;

    /// <summary>The maximum number of datagrams that one system call sends.</summary>
    public const int MaxSegments = 64;

    private const int ReceiveSize = 65_536;
    private const int ControlSize = 64;
    private const int ControlHeader = 16;
    private const int BufferBytes = 8 << 20;

    private readonly int _fd;
    private readonly int _wake;
    private readonly byte* _receive;
    private readonly byte* _from;
    private readonly byte* _control;

    public UdpSocket(IPEndPoint address, bool useOffload = true)
    {
        _receive = (byte*)NativeMemory.Alloc(ReceiveSize);
        _from = (byte*)NativeMemory.AllocZeroed(UdpAddress.MaxSize);
        _control = (byte*)NativeMemory.AllocZeroed(ControlSize);
        var isIpv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        _fd = Libc.Socket(isIpv6 ? Libc.FamilyInet6 : Libc.FamilyInet, Libc.Datagram | Libc.NonBlocking | Libc.CloseOnExec, 0);
        _wake = Libc.EventFd(0, Libc.NonBlocking | Libc.CloseOnExec);
        try
        {
            if (_fd < 0 || _wake < 0)
                throw Failure("open a UDP socket", address);
            if (isIpv6)
                SetOption(Libc.IpProtoIpv6, Libc.Ipv6Only, 1);
            // QUIC probes the maximum packet size of the path itself, which requires that packets are not fragmented.
            SetOption(
                isIpv6 ? Libc.IpProtoIpv6 : Libc.IpProtoIp, isIpv6 ? Libc.Ipv6MtuDiscover : Libc.IpMtuDiscover, Libc.MtuDiscoverProbe);
            // A buffer beyond the limit of the system needs privileges. Without them, the socket gets as much as the system allows.
            if (!SetOption(Libc.SolSocket, Libc.SoReceiveBufferForce, BufferBytes))
                SetOption(Libc.SolSocket, Libc.SoReceiveBuffer, BufferBytes);
            if (!SetOption(Libc.SolSocket, Libc.SoSendBufferForce, BufferBytes))
                SetOption(Libc.SolSocket, Libc.SoSendBuffer, BufferBytes);
            var local = stackalloc byte[UdpAddress.MaxSize];
            var length = UdpAddress.Write(address, local);
            if (Libc.Bind(_fd, local, length) != 0)
                throw Failure("bind", address);
            length = UdpAddress.MaxSize;
            if (Libc.GetSocketName(_fd, local, &length) != 0)
                throw Failure("read the address of", address);
            LocalEndPoint = UdpAddress.Read(local);
            HasGro = useOffload && SetOption(Libc.SolUdp, Libc.UdpGro, 1);
            // Detects whether the kernel supports the option: the value 0, the default, changes nothing, and a kernel without the option
            // refuses it.
            HasGso = useOffload && SetOption(Libc.SolUdp, Libc.UdpSegment, 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Any, 0);

    /// <summary>Gets a value that indicates whether one system call can send several datagrams of one size (GSO).</summary>
    public bool HasGso { get; private set; }

    /// <summary>Gets a value that indicates whether one system call can receive several datagrams of one size (GRO).</summary>
    public bool HasGro { get; }

    /// <summary>Makes <see cref="Wait"/> return. May be called on any thread.</summary>
    public void Wake()
    {
        var one = 1UL;
        // Fails only if the counter of the event is at its maximum, and then the event is set anyway.
        _ = Libc.Write(_wake, &one, sizeof(ulong));
    }

    /// <summary>Waits until datagrams have arrived, <see cref="Wake"/> is called, or the time has passed.</summary>
    /// <param name="nanoseconds">The maximum time to wait; <see cref="ulong.MaxValue"/> for no limit.</param>
    /// <returns>True if datagrams have arrived.</returns>
    public bool Wait(ulong nanoseconds)
    {
        var fds = stackalloc PollFd[2];
        fds[0] = new PollFd { Fd = _fd, Events = Libc.PollIn };
        fds[1] = new PollFd { Fd = _wake, Events = Libc.PollIn };
        TimeSpec timeout;
        timeout.Seconds = (long)(nanoseconds / 1_000_000_000);
        timeout.Nanoseconds = (long)(nanoseconds % 1_000_000_000);
        if (Libc.Poll(fds, 2, nanoseconds == ulong.MaxValue ? null : &timeout, null) <= 0)
            return false;
        if (fds[1].Revents != 0)
        {
            ulong count;
            _ = Libc.Read(_wake, &count, sizeof(ulong));
        }

        return fds[0].Revents != 0;
    }

    /// <summary>Receives datagrams in one system call: one datagram, or several of one size (the last may be shorter).</summary>
    /// <returns>False if no datagram has arrived.</returns>
    public bool TryReceive(out ReceivedBatch batch)
    {
        var vector = new IoVec { Base = _receive, Length = ReceiveSize };
        var message = new MessageHeader
        {
            Name = _from,
            NameLength = UdpAddress.MaxSize,
            Vectors = &vector,
            VectorCount = 1,
            Control = _control,
            ControlLength = ControlSize,
        };
        var received = Libc.ReceiveMessage(_fd, &message, Libc.DontWait);
        if (received < 0)
        {
            batch = default;
            return false;
        }

        var segment = (int)received;
        if (message.ControlLength >= ControlHeader + sizeof(int) && *(int*)(_control + 8) == Libc.SolUdp
            && *(int*)(_control + 12) == Libc.UdpGro)
            segment = *(int*)(_control + ControlHeader);
        batch = new ReceivedBatch(_receive, (int)received, Math.Max(segment, 1), _from, message.NameLength);
        return true;
    }

    /// <summary>
    /// Sends datagrams of one size (the last may be shorter) to one address. Waits briefly while the send buffer of the kernel is full. A
    /// datagram that cannot be sent is dropped without an error, as on any network.
    /// </summary>
    public void Send(byte* remote, uint remoteLength, byte* bytes, int length, int segment)
    {
        if (length > segment && !HasGso)
        {
            for (var offset = 0; offset < length; offset += segment)
                SendOne(remote, remoteLength, bytes + offset, Math.Min(segment, length - offset), 0);
            return;
        }

        if (SendOne(remote, remoteLength, bytes, length, length > segment ? segment : 0) || !HasGso)
            return;
        // Some network interfaces refuse segmentation although the kernel supports it.
        HasGso = false;
        Send(remote, remoteLength, bytes, length, segment);
    }

    public void Dispose()
    {
        if (_fd >= 0)
            _ = Libc.Close(_fd);
        if (_wake >= 0)
            _ = Libc.Close(_wake);
        NativeMemory.Free(_receive);
        NativeMemory.Free(_from);
        NativeMemory.Free(_control);
    }

    /// <summary>Sends datagrams in one system call. Returns false only if segmentation was requested and the kernel refused it.</summary>
    private bool SendOne(byte* remote, uint remoteLength, byte* bytes, int length, int segment)
    {
        var vector = new IoVec { Base = bytes, Length = (nuint)length };
        var message = new MessageHeader { Name = remote, NameLength = remoteLength, Vectors = &vector, VectorCount = 1 };
        var control = stackalloc byte[24];
        if (segment > 0)
        {
            *(nuint*)control = ControlHeader + sizeof(ushort);
            *(int*)(control + 8) = Libc.SolUdp;
            *(int*)(control + 12) = Libc.UdpSegment;
            *(ushort*)(control + ControlHeader) = (ushort)segment;
            message.Control = control;
            message.ControlLength = 24;
        }

        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (Libc.SendMessage(_fd, &message, 0) >= 0)
                return true;
            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.ErrorAgain or Libc.ErrorNoBuffers:
                    WaitForRoom();
                    break;
                case Libc.ErrorInterrupted:
                    break;
                case Libc.ErrorIo or Libc.ErrorInvalid when segment > 0:
                    return false;
                default:
                    // The address is unreachable, or the datagram is a probe that is too large for the path. QUIC treats both as packet
                    // loss.
                    return true;
            }
        }

        return true;
    }

    private void WaitForRoom()
    {
        var fd = new PollFd { Fd = _fd, Events = Libc.PollOut };
        var timeout = new TimeSpec { Nanoseconds = 1_000_000 };
        _ = Libc.Poll(&fd, 1, &timeout, null);
    }

    private bool SetOption(int level, int option, int value) => Libc.SetSocketOption(_fd, level, option, &value, sizeof(int)) == 0;

    private static SocketException Failure(string step, IPEndPoint address)
    {
        var error = Marshal.GetLastPInvokeError();
        return new SocketException(error, $"Could not {step} {address}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }
}
