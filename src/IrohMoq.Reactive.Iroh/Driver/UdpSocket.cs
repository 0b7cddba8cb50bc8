using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents a non-blocking UDP socket, and an event that wakes the thread that waits for the socket. Sends and receives several datagrams
/// in one system call where the kernel supports it (GSO, GRO), and falls back to single sends if the kernel refuses. All members except
/// <see cref="Wake"/> must be called on one thread.
/// </summary>
internal sealed unsafe class UdpSocket : IDisposable
{
    private const int ReceiveSize = 65_536;
    private const int BufferBytes = 8 << 20;

    private readonly int _fd;
    private readonly int _wake;
    private readonly byte* _receive;
    private readonly byte* _from;
    private readonly byte* _control;
    private readonly byte* _kept;
    private readonly NetworkAddress _bound;
    private NetworkPath _keptPath;
    private int _keptLength;
    private int _keptSegment;

    public UdpSocket(IPEndPoint address, bool useOffload = true)
    {
        _receive = (byte*)NativeMemory.Alloc(ReceiveSize);
        _from = (byte*)NativeMemory.AllocZeroed(NetworkAddress.MaxNativeSize);
        _control = (byte*)NativeMemory.AllocZeroed(ControlMessages.MaxSize);
        _kept = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);
        var isIpv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        _fd = Libc.Socket(isIpv6 ? Libc.FamilyInet6 : Libc.FamilyInet, Libc.Datagram | Libc.NonBlocking | Libc.CloseOnExec, 0);
        _wake = Libc.EventFd(0, Libc.NonBlocking | Libc.CloseOnExec);
        try
        {
            if (_fd < 0 || _wake < 0)
                throw Failure("open a UDP socket", address);
            if (isIpv6)
                SetOption(Libc.IpProtoIpv6, Libc.Ipv6Only, 1);
            // A datagram is answered from the address to which it was sent. Without the option, a socket that is bound to all addresses of
            // the machine would answer from the address that the kernel prefers.
            SetOption(
                isIpv6 ? Libc.IpProtoIpv6 : Libc.IpProtoIp, isIpv6 ? Libc.Ipv6ReceivePacketInfo : Libc.IpPacketInfo, 1);
            // QUIC probes the maximum packet size of the path itself, which requires that packets are not fragmented.
            SetOption(
                isIpv6 ? Libc.IpProtoIpv6 : Libc.IpProtoIp, isIpv6 ? Libc.Ipv6MtuDiscover : Libc.IpMtuDiscover, Libc.MtuDiscoverProbe);
            // A buffer beyond the limit of the system needs privileges. Without them, the socket gets as much as the system allows.
            if (!SetOption(Libc.SolSocket, Libc.SoReceiveBufferForce, BufferBytes))
                SetOption(Libc.SolSocket, Libc.SoReceiveBuffer, BufferBytes);
            if (!SetOption(Libc.SolSocket, Libc.SoSendBufferForce, BufferBytes))
                SetOption(Libc.SolSocket, Libc.SoSendBuffer, BufferBytes);
            var local = stackalloc byte[NetworkAddress.MaxNativeSize];
            var length = (uint)NetworkAddress.From(address).Write(new Span<byte>(local, NetworkAddress.MaxNativeSize));
            if (Libc.Bind(_fd, local, length) != 0)
                throw Failure("bind", address);
            length = NetworkAddress.MaxNativeSize;
            if (Libc.GetSocketName(_fd, local, &length) != 0)
                throw Failure("read the address of", address);
            LocalEndPoint = NetworkAddress.Read(new ReadOnlySpan<byte>(local, NetworkAddress.MaxNativeSize)).ToEndPoint();
            _bound = NetworkAddress.From(LocalEndPoint);
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

    /// <summary>Gets a value that indicates whether datagrams are kept because the send buffer of the kernel is full.</summary>
    public bool IsBlocked { get; private set; }

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
        fds[0] = new PollFd { Fd = _fd, Events = (short)(Libc.PollIn | (IsBlocked ? Libc.PollOut : 0)) };
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

        if ((fds[0].Revents & Libc.PollOut) != 0)
            SendKept();
        return (fds[0].Revents & ~Libc.PollOut) != 0;
    }

    /// <summary>Receives datagrams in one system call: one datagram, or several of one size (the last may be shorter).</summary>
    /// <returns>False if no datagram has arrived.</returns>
    public bool TryReceive(out ReceivedBatch batch)
    {
        var vector = new IoVec { Base = _receive, Length = ReceiveSize };
        var message = new MessageHeader
        {
            Name = _from,
            NameLength = NetworkAddress.MaxNativeSize,
            Vectors = &vector,
            VectorCount = 1,
            Control = _control,
            ControlLength = ControlMessages.MaxSize,
        };
        var received = (int)Libc.ReceiveMessage(_fd, &message, Libc.DontWait);
        if (received < 0)
        {
            batch = default;
            return false;
        }

        ControlMessages.Read(
            new ReadOnlySpan<byte>(_control, (int)Math.Min(message.ControlLength, ControlMessages.MaxSize)), _bound, out var local,
            out var segment);
        var remote = NetworkAddress.Read(new ReadOnlySpan<byte>(_from, NetworkAddress.MaxNativeSize));
        batch = new ReceivedBatch(
            new ReadOnlySpan<byte>(_receive, received), segment > 0 ? segment : Math.Max(received, 1), new NetworkPath(local, remote));
        return true;
    }

    /// <summary>
    /// Sends datagrams of one size (the last may be shorter) on one path. If the send buffer of the kernel is full, the datagrams are kept
    /// until <see cref="Wait"/> finds room, and <see cref="IsBlocked"/> is true meanwhile; further datagrams are dropped. A datagram that
    /// cannot be sent otherwise is dropped without an error, as on any network.
    /// </summary>
    /// <returns>False if the datagrams are too large for the network interface.</returns>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        if (IsBlocked)
            return true;
        var isWhole = datagrams.Length <= segment || HasGso;
        while (datagrams.Length > 0)
        {
            var next = isWhole ? datagrams : datagrams[..Math.Min(segment, datagrams.Length)];
            switch (SendOnce(path, next, next.Length > segment ? segment : 0))
            {
                case SendResult.Refused when isWhole && next.Length > segment:
                    // Some network interfaces refuse segmentation although the kernel supports it.
                    HasGso = isWhole = false;
                    continue;
                case SendResult.TooLarge:
                    return false;
                case SendResult.Blocked:
                    Keep(path, datagrams, segment);
                    return true;
            }

            datagrams = datagrams[next.Length..];
        }

        return true;
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
        NativeMemory.Free(_kept);
    }

    private SendResult SendOnce(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        var remote = stackalloc byte[NetworkAddress.MaxNativeSize];
        var control = stackalloc byte[ControlMessages.MaxSize];
        fixed (byte* bytes = datagrams)
        {
            var vector = new IoVec { Base = bytes, Length = (nuint)datagrams.Length };
            var message = new MessageHeader
            {
                Name = remote,
                NameLength = (uint)path.Remote.Write(new Span<byte>(remote, NetworkAddress.MaxNativeSize)),
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = (nuint)ControlMessages.Write(new Span<byte>(control, ControlMessages.MaxSize), path.Local, segment),
            };
            while (true)
            {
                if (Libc.SendMessage(_fd, &message, 0) >= 0)
                    return SendResult.Done;
                switch (Marshal.GetLastPInvokeError())
                {
                    case Libc.ErrorInterrupted:
                        continue;
                    case Libc.ErrorAgain:
                        return SendResult.Blocked;
                    case Libc.ErrorMessageSize:
                        return SendResult.TooLarge;
                    case Libc.ErrorIo or Libc.ErrorInvalid:
                        return SendResult.Refused;
                    default:
                        // For example, the address is unreachable, or the network interface has no buffers left, which cannot be waited
                        // for. QUIC treats both as packet loss.
                        return SendResult.Done;
                }
            }
        }
    }

    private void Keep(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        IsBlocked = true;
        datagrams.CopyTo(new Span<byte>(_kept, PacketBatch.BufferSize));
        _keptLength = datagrams.Length;
        _keptSegment = segment;
        _keptPath = path;
    }

    private void SendKept()
    {
        IsBlocked = false;
        _ = Send(_keptPath, new ReadOnlySpan<byte>(_kept, _keptLength), _keptSegment);
    }

    private bool SetOption(int level, int option, int value) => Libc.SetSocketOption(_fd, level, option, &value, sizeof(int)) == 0;

    private static SocketException Failure(string step, IPEndPoint address)
    {
        var error = Marshal.GetLastPInvokeError();
        return new SocketException(error, $"Could not {step} {address}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    private enum SendResult
    {
        Done,
        Blocked,
        TooLarge,
        Refused,
    }
}
