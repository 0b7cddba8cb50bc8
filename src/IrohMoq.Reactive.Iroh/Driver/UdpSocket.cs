using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Represents a non-blocking UDP socket. Sends and receives several datagrams in one system call where the kernel supports it (GSO, GRO).
/// All members must be called on one thread.
/// </summary>
internal sealed unsafe class UdpSocket : IDisposable
{
    private const int ReceiveSize = 65_536;
    private const int BufferBytes = 8 << 20;

    private readonly int _fd;
    private readonly int _carrier;
    private readonly byte* _receive;
    private readonly byte* _from;
    private readonly byte* _control;
    private readonly NetworkAddress _bound;
    private readonly DatagramSender? _sender;
    private SocketCounters _counters;
    private bool _isDisposed;

    /// <summary>Creates and binds a socket.</summary>
    /// <param name="address">The address; port 0 is any free port.</param>
    /// <param name="carrier">The number of the socket in the paths of its datagrams.</param>
    /// <param name="useOffload">True to use the offload of the kernel where it is supported; otherwise, false.</param>
    /// <exception cref="SocketException">The socket cannot be created or bound.</exception>
    public UdpSocket(IPEndPoint address, int carrier, bool useOffload)
    {
        _carrier = carrier;
        _receive = (byte*)NativeMemory.Alloc(ReceiveSize);
        _from = (byte*)NativeMemory.AllocZeroed(NetworkAddress.MaxNativeSize);
        _control = (byte*)NativeMemory.AllocZeroed(ControlMessages.MaxSize);
        var target = NetworkAddress.From(address);
        var isIpv6 = target.Family == AddressFamily.InterNetworkV6;
        _fd = Libc.Socket(isIpv6 ? Libc.FamilyInet6 : Libc.FamilyInet, Libc.Datagram | Libc.NonBlocking | Libc.CloseOnExec, 0);
        try
        {
            if (_fd < 0)
                throw Failure("open a UDP socket for", address);
            // Each family has a socket of its own, which can then be bound to the same port.
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
            var length = (uint)target.Write(new Span<byte>(local, NetworkAddress.MaxNativeSize));
            if (Libc.Bind(_fd, local, length) != 0)
                throw Failure("bind", address);
            length = NetworkAddress.MaxNativeSize;
            if (Libc.GetSocketName(_fd, local, &length) != 0)
                throw Failure("read the address of", address);
            _bound = NetworkAddress.Read(new ReadOnlySpan<byte>(local, NetworkAddress.MaxNativeSize));
            LocalEndPoint = _bound.ToEndPoint();
            HasGro = useOffload && SetOption(Libc.SolUdp, Libc.UdpGro, 1);
            // Detects whether the kernel supports the option: the value 0, the default, changes nothing, and a kernel without the option
            // refuses it.
            _sender = new DatagramSender(SendMessage, useOffload && SetOption(Libc.SolUdp, Libc.UdpSegment, 0));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets the address that the socket is bound to.</summary>
    public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Any, 0);

    /// <summary>Gets a value that indicates whether one system call can send several datagrams of one size (GSO).</summary>
    public bool HasGso => _sender!.HasGso;

    /// <summary>Gets a value that indicates whether one system call can receive several datagrams of one size (GRO).</summary>
    public bool HasGro { get; }

    /// <summary>Gets a value that indicates whether datagrams are kept because the send buffer of the kernel is full.</summary>
    public bool IsBlocked => _sender!.IsBlocked;

    /// <summary>Gets the numbers of system calls and datagrams.</summary>
    public SocketCounters Counters => _counters;

    /// <summary>Creates the exception for a system call that has just failed.</summary>
    /// <param name="step">What failed, for example "bind".</param>
    /// <param name="address">The address of the socket.</param>
    public static SocketException Failure(string step, IPEndPoint address)
    {
        var error = Marshal.GetLastPInvokeError();
        var code = error switch
        {
            Libc.ErrorAccess => SocketError.AccessDenied,
            Libc.ErrorTooManyFiles => SocketError.TooManyOpenSockets,
            Libc.ErrorFamilyNotSupported => SocketError.AddressFamilyNotSupported,
            Libc.ErrorAddressInUse => SocketError.AddressAlreadyInUse,
            Libc.ErrorAddressNotAvailable => SocketError.AddressNotAvailable,
            _ => SocketError.SocketError,
        };
        return new SocketException((int)code, $"Could not {step} {address}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>Returns what to wait for: datagrams, and room in the send buffer if datagrams are kept.</summary>
    public PollFd ToPoll() => new() { Fd = _fd, Events = (short)(Libc.PollIn | (IsBlocked ? Libc.PollOut : 0)) };

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
        _counters.Receives++;
        if (received < 0)
        {
            batch = default;
            return false;
        }

        ControlMessages.Read(
            new ReadOnlySpan<byte>(_control, (int)Math.Min(message.ControlLength, ControlMessages.MaxSize)), _bound, out var local,
            out var segment);
        _counters.DatagramsReceived += segment > 0 ? ((received - 1) / segment) + 1 : 1;
        var remote = NetworkAddress.Read(new ReadOnlySpan<byte>(_from, NetworkAddress.MaxNativeSize));
        batch = new ReceivedBatch(
            new ReadOnlySpan<byte>(_receive, received), segment > 0 ? segment : Math.Max(received, 1),
            new NetworkPath(local, remote, _carrier));
        return true;
    }

    /// <summary>Sends datagrams of one size on one path; see <see cref="DatagramSender.Send"/>.</summary>
    /// <returns>False if the datagrams are too large for the network interface.</returns>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment) => _sender!.Send(path, datagrams, segment);

    /// <summary>Sends the datagrams that were kept, because the send buffer of the kernel has room again.</summary>
    public void SendKept() => _sender!.SendKept();

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (_fd >= 0)
            _ = Libc.Close(_fd);
        _sender?.Dispose();
        NativeMemory.Free(_receive);
        NativeMemory.Free(_from);
        NativeMemory.Free(_control);
    }

    private int SendMessage(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        _counters.Sends++;
        _counters.DatagramsSent += segment > 0 ? ((datagrams.Length - 1) / segment) + 1 : 1;
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
            return Libc.SendMessage(_fd, &message, 0) >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    private bool SetOption(int level, int option, int value) => Libc.SetSocketOption(_fd, level, option, &value, sizeof(int)) == 0;
}
