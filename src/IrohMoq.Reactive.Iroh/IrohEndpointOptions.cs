using System.Collections.Immutable;
using System.Net;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the options of an <see cref="IrohEndpoint"/>. The default timeouts and stream windows are those of iroh. Setting a value that
/// is out of range throws an <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
public sealed record IrohEndpointOptions
{
    private const int MaxStreams = 1 << 20;
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);
    private static readonly ImmutableArray<IPEndPoint> AllAddresses = [new(IPAddress.Any, 0), new(IPAddress.IPv6Any, 0)];

    /// <summary>Gets the default options.</summary>
    public static IrohEndpointOptions Default { get; } = new();

    /// <summary>
    /// Gets the addresses that the UDP sockets of the endpoint are bound to, 1 to 16. An address with port 0 gets any free port; several of
    /// them get the same port if it is free. The default is 0.0.0.0:0 and [::]:0: all IPv4 and all IPv6 addresses of the machine.
    /// </summary>
    /// <remarks>
    /// Each address has a socket of its own, and an IPv6 socket receives no IPv4 datagrams. If an address cannot be bound, the endpoint is
    /// not created; only the IPv6 address of the default is left out on a machine without IPv6.
    /// </remarks>
    public IReadOnlyList<IPEndPoint> BindAddresses { get; init => field = Addresses(value); } = AllAddresses;

    /// <summary>
    /// Gets the first of <see cref="BindAddresses"/>, or replaces all of them with one address, for example 127.0.0.1:0 for an endpoint
    /// that only programs on the same machine can reach.
    /// </summary>
    public IPEndPoint BindAddress
    {
        get => BindAddresses[0];
        init => BindAddresses = [NotNull(value, nameof(BindAddress))];
    }

    /// <summary>Gets the factory of the endpoint's logger. The default logs nothing.</summary>
    public ILoggerFactory LoggerFactory { get; init => field = NotNull(value, nameof(LoggerFactory)); } = NullLoggerFactory.Instance;

    /// <summary>
    /// Gets the time after which a connection ends as timed out if nothing arrives from the peer, more than zero and at most a day. The
    /// default is 30 seconds.
    /// </summary>
    public TimeSpan IdleTimeout { get; init => field = Positive(value, nameof(IdleTimeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the interval at which packets are sent on an idle connection to keep it alive, more than zero and at most a day. The default is
    /// 5 seconds.
    /// </summary>
    public TimeSpan KeepAlive { get; init => field = Positive(value, nameof(KeepAlive)); } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the maximum duration of a handshake, more than zero and at most a day. The default is 10 seconds.</summary>
    public TimeSpan HandshakeTimeout { get; init => field = Positive(value, nameof(HandshakeTimeout)); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the number of bytes that a peer may send on one stream before the application reads them, 1 or more. The default is 1,250,000.
    /// If the value is less than 4 MiB, the window of a fast reader grows with use, up to 4 MiB.
    /// </summary>
    public int StreamWindow { get; init => field = AtLeastOne(value, nameof(StreamWindow)); } = 1_250_000;

    /// <summary>
    /// Gets the number of bytes that a peer may send on all streams of a connection before the application reads them, at least
    /// <see cref="StreamWindow"/>. The default is 16 MiB.
    /// </summary>
    public int ConnectionWindow { get; init => field = AtLeastOne(value, nameof(ConnectionWindow)); } = 16 << 20;

    /// <summary>
    /// Gets the maximum number of unidirectional streams that a peer may have open at once, 1 to 1,048,576. Each group that is being
    /// transferred uses one stream. The default is 1,024.
    /// </summary>
    public int MaxIncomingUniStreams { get; init => field = StreamCount(value, nameof(MaxIncomingUniStreams)); } = 1024;

    /// <summary>
    /// Gets the maximum number of bidirectional streams that a peer may have open at once, 1 to 1,048,576. Each subscription uses one
    /// stream. The default is 1,024.
    /// </summary>
    public int MaxIncomingBidiStreams { get; init => field = StreamCount(value, nameof(MaxIncomingBidiStreams)); } = 1024;

    /// <summary>
    /// Gets a value that indicates whether several packets are sent and received in one system call where the kernel supports it. The
    /// default is true. The value false is slower; use it with network cards whose drivers lose packets when they segment a batch.
    /// </summary>
    public bool UseOffload { get; init; } = true;

    /// <summary>Gets the number of unsent bytes that one stream may queue before a write waits, 1 or more. The default is 1 MiB.</summary>
    public int SendQueue { get; init => field = AtLeastOne(value, nameof(SendQueue)); } = 1 << 20;

    /// <summary>
    /// Gets the maximum number of connections, dialed and accepted together, 1 or more. Further connections are refused. The default is
    /// 4,096.
    /// </summary>
    public int MaxConnections { get; init => field = AtLeastOne(value, nameof(MaxConnections)); } = 4096;

    /// <summary>
    /// Gets the maximum number of incoming connections whose handshake is in progress, 1 or more. Further connections are refused. The
    /// clients of one IPv4 address, or of one IPv6 network of 64 bits, may hold half of them. The default is 512.
    /// </summary>
    public int MaxHandshakes { get; init => field = AtLeastOne(value, nameof(MaxHandshakes)); } = 512;

    /// <summary>
    /// Gets the maximum number of handshakes in progress with clients that have not proved that they receive at their address, 0 or more.
    /// Further clients are sent a Retry packet (RFC 9000, section 8.1.2), which takes them one more round trip. So packets with forged
    /// senders cannot use up <see cref="MaxHandshakes"/>. With the value 0, each client is sent a Retry packet. The default is 32.
    /// </summary>
    public int RetryThreshold { get; init => field = NotNegative(value, nameof(RetryThreshold)); } = 32;

    /// <summary>
    /// Gets the function that decides how the endpoint answers the first packet of each client, before anything is decrypted or stored for
    /// the client. With null, the default, each packet is accepted. The function is not called while the endpoint does not listen.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The function is called on the I/O thread of the endpoint, so it delays all connections: it must return within microseconds, must not
    /// block, and must not wait for the endpoint. It is called again when a client repeats its first packet.
    /// </para>
    /// <para>
    /// If the function throws an exception or returns an undefined value, the client is refused as with
    /// <see cref="IncomingFilterOutcome.Reject"/>, and the error is logged. A decision that requires the ID of the client belongs into
    /// <see cref="MoqOptions.AcceptPolicy"/>.
    /// </para>
    /// </remarks>
    public Func<Incoming, IncomingFilterOutcome>? IncomingFilter { get; init; }

    /// <summary>
    /// Gets the maximum number of connections that wait for <see cref="IEndpoint.AcceptAsync"/>, 1 or more. Further connections are
    /// refused. The default is 1,024.
    /// </summary>
    public int MaxUnaccepted { get; init => field = AtLeastOne(value, nameof(MaxUnaccepted)); } = 1024;

    /// <summary>
    /// Gets the maximum number of bytes that all connections together buffer for their readers and writers, 1 or more. Beyond this limit
    /// writes wait, new connections are refused, and a connection that buffers more unread bytes than the limit divided by the number of
    /// connections is closed. The default is 1 GiB.
    /// </summary>
    public long MaxBufferedBytes { get; init => field = AtLeastOne(value, nameof(MaxBufferedBytes)); } = 1L << 30;

    /// <summary>Gets the congestion control of all connections. The default is <see cref="CongestionControl.Cubic"/>.</summary>
    public CongestionControl CongestionControl
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(CongestionControl), value, null);
    }

    /// <summary>Gets the runtime, which provides the clock and the scheduler of the endpoint. The default is the thread pool.</summary>
    public Runtime Runtime { get; init => field = NotNull(value, nameof(Runtime)); } = ThreadPoolRuntime.Instance;

    /// <summary>Gets the memory pool for received bytes and for copies of written bytes. The default is the shared pool.</summary>
    public BlockPool Pool { get; init => field = NotNull(value, nameof(Pool)); } = BlockPool.Shared;

    /// <summary>Gets <see cref="BindAddresses"/>, each with whether the endpoint needs it.</summary>
    internal IReadOnlyList<BindAddress> Sockets =>
        [.. BindAddresses.Select((address, index) => new BindAddress(address, index == 0 || !ReferenceEquals(address, AllAddresses[1])))];

    /// <summary>
    /// Validates the options that depend on one another. Their setters cannot, because an initializer sets one option after the other.
    /// </summary>
    internal void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionWindow, StreamWindow);

    private static ImmutableArray<IPEndPoint> Addresses(IReadOnlyList<IPEndPoint> value)
    {
        ArgumentNullException.ThrowIfNull(value, nameof(BindAddresses));
        ArgumentOutOfRangeException.ThrowIfZero(value.Count, nameof(BindAddresses));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Count, SocketSet.MaxSockets, nameof(BindAddresses));
        return [.. value.Select(static address => NotNull(address, nameof(BindAddresses)))];
    }

    private static T NotNull<T>(T value, string name)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        return value;
    }

    private static TimeSpan Positive(TimeSpan value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxTime, name);
        return value;
    }

    private static int StreamCount(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxStreams, name);
        return AtLeastOne(value, name);
    }

    private static int NotNegative(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value, name);
        return value;
    }

    private static int AtLeastOne(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }

    private static long AtLeastOne(long value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }
}
