using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Udp;

/// <summary>
/// One non-blocking UDP socket and a wake-up for the thread that waits on it. Sends and receives many datagrams in one call where the
/// kernel can (GSO, GRO); where it turns out that it cannot, plain sends go on. Used by one thread, except <see cref="Wake"/>.
/// </summary>
internal sealed unsafe class UdpSocket : IDisposable
{
    /// <summary>The most that one call receives, or sends as one batch.</summary>
    public const int MaxBatch = 65_000;

    /// <summary>The most datagrams that one call sends.</summary>
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
            // QUIC finds out by itself how large a packet the path carries, which takes that none is cut on the way.
            SetOption(
                isIpv6 ? Libc.IpProtoIpv6 : Libc.IpProtoIp, isIpv6 ? Libc.Ipv6MtuDiscover : Libc.IpMtuDiscover, Libc.MtuDiscoverProbe);
            // Beyond the system's limit only with privileges; otherwise as much as the system gives.
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
            // Setting a default of 0 changes nothing, but a kernel without the option refuses it.
            HasGso = useOffload && SetOption(Libc.SolUdp, Libc.UdpSegment, 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Any, 0);

    /// <summary>Many datagrams of one size go out in one call.</summary>
    public bool HasGso { get; private set; }

    /// <summary>Many datagrams of one size come in in one call.</summary>
    public bool HasGro { get; }

    /// <summary>Makes <see cref="Wait"/> return. Any thread.</summary>
    public void Wake()
    {
        var one = 1UL;
        // Fails only when the counter is full, and then the wake-up is there anyway.
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

    /// <summary>Receives by one system call: one datagram, or many of one size (the last may be shorter).</summary>
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
    /// Sends datagrams of one size (the last may be shorter) to one address; waits shortly where the kernel has no room. A datagram that
    /// cannot be sent is lost, as on any network.
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
        // Some interfaces refuse segmentation although the kernel knows it.
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

    /// <summary>False if segmentation was asked for and refused.</summary>
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
                    // Unreachable, or a probe that is too large: QUIC treats it as a loss.
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
