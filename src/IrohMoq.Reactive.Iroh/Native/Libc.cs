using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Iroh.Native;

/// <summary>Represents the native iovec structure, a buffer of a message.</summary>
internal unsafe struct IoVec
{
    public void* Base;
    public nuint Length;
}

/// <summary>Represents the native msghdr structure, a message that is sent or received.</summary>
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public IoVec* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary>Represents the native pollfd structure, a file descriptor to wait for.</summary>
internal struct PollFd
{
    public int Fd;
    public short Events;
    public short Revents;
}

/// <summary>Represents the native timespec structure, a time in seconds and nanoseconds.</summary>
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary>
/// Declares the Linux socket functions that provide what .NET sockets do not: segmentation offload, and one wait for both a socket and a
/// wake-up event.
/// </summary>
internal static unsafe partial class Libc
{
    public const int FamilyInet = 2;
    public const int FamilyInet6 = 10;
    public const int Datagram = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int SolSocket = 1;
    public const int SoSendBuffer = 7;
    public const int SoReceiveBuffer = 8;
    public const int SoSendBufferForce = 32;
    public const int SoReceiveBufferForce = 33;
    public const int SolUdp = 17;
    public const int UdpSegment = 103;
    public const int UdpGro = 104;
    public const int IpProtoIp = 0;
    public const int IpMtuDiscover = 10;
    public const int IpProtoIpv6 = 41;
    public const int Ipv6MtuDiscover = 23;
    public const int MtuDiscoverProbe = 3;
    public const int Ipv6Only = 26;
    public const int IpPacketInfo = 8;
    public const int Ipv6ReceivePacketInfo = 49;
    public const int Ipv6PacketInfo = 50;
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const int DontWait = 0x40;
    public const int ErrorAgain = 11;
    public const int ErrorIo = 5;
    public const int ErrorInterrupted = 4;
    public const int ErrorInvalid = 22;
    public const int ErrorAccess = 13;
    public const int ErrorTooManyFiles = 24;
    public const int ErrorMessageSize = 90;
    public const int ErrorFamilyNotSupported = 97;
    public const int ErrorAddressInUse = 98;
    public const int ErrorAddressNotAvailable = 99;
    public const int ErrorNoBuffers = 105;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int fd, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int fd, void* address, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int fd, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveMessage(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, nuint count, TimeSpec* timeout, void* mask);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, void* destination, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, void* source, nuint length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);
}
