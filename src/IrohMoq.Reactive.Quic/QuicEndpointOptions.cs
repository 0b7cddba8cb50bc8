using System.Net;
using System.Net.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the options of a <see cref="QuicEndpoint"/>. Setting a value that is out of range throws an
/// <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
public sealed record QuicEndpointOptions
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);

    /// <summary>Gets the default options.</summary>
    public static QuicEndpointOptions Default { get; } = new();

    /// <summary>
    /// Gets the address at which the endpoint accepts connections. With port 0 it gets any free port. The default is [::]:0: all IPv6 and
    /// IPv4 addresses of the machine. Each dial uses a socket of its own.
    /// </summary>
    public IPEndPoint BindAddress { get; init => field = NotNull(value, nameof(BindAddress)); } = new(IPAddress.IPv6Any, 0);

    /// <summary>Gets the factory of the endpoint's logger. The default logs nothing.</summary>
    public ILoggerFactory LoggerFactory { get; init => field = NotNull(value, nameof(LoggerFactory)); } = NullLoggerFactory.Instance;

    /// <summary>
    /// Gets the time after which a connection ends as timed out if nothing arrives from the peer, more than zero and at most a day. The
    /// smaller value of the two sides applies. The default is 30 seconds.
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
    /// Gets the maximum number of unidirectional streams that a peer may have open at once, 1 to 65,535. Each group that is being
    /// transferred uses one stream. The default is 1,024.
    /// </summary>
    public int MaxIncomingUniStreams { get; init => field = StreamCount(value, nameof(MaxIncomingUniStreams)); } = 1024;

    /// <summary>
    /// Gets the maximum number of bidirectional streams that a peer may have open at once, 1 to 65,535. Each subscription uses one stream.
    /// The default is 1,024.
    /// </summary>
    public int MaxIncomingBidiStreams { get; init => field = StreamCount(value, nameof(MaxIncomingBidiStreams)); } = 1024;

    /// <summary>
    /// Gets the maximum number of connections that wait for <see cref="IEndpoint.AcceptAsync"/>, 1 or more. Further connections are
    /// refused. The default is 1,024.
    /// </summary>
    public int MaxUnaccepted { get; init => field = AtLeastOne(value, nameof(MaxUnaccepted)); } = 1024;

    /// <summary>
    /// Gets the certificate that clients receive which dial this endpoint by a name, with its private key and its intermediate
    /// certificates. Such clients have no ID. With null, the default, only peers are accepted.
    /// </summary>
    public SslStreamCertificateContext? ServerCertificate { get; init; }

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
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ushort.MaxValue, name);
        return AtLeastOne(value, name);
    }

    private static int AtLeastOne(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }
}
