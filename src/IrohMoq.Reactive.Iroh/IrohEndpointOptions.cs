using System.Net;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive;

/// <summary>Limits, times and log of an <see cref="IrohEndpoint"/>. The times and stream windows are iroh's own.</summary>
public sealed record IrohEndpointOptions
{
    private const int MostStreams = 1 << 20;
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(1);

    /// <summary>The defaults.</summary>
    public static IrohEndpointOptions Default { get; } = new();

    /// <summary>Where the UDP socket is bound; port 0 takes any free one. The default is 0.0.0.0:0, all IPv4 addresses of the machine.</summary>
    public IPEndPoint BindAddress { get; init; } = new(IPAddress.Any, 0);

    /// <summary>Where events are logged. The default is nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>How long nothing may come from a peer before the connection counts as lost. The default is 30 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often an idle connection is kept alive. The default is 5 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a handshake may take. The default is 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many bytes a peer may send on one stream ahead of its reader. The default is 1,250,000; a fast reader's window grows with use, up to 4 MiB where it was less.</summary>
    public int StreamWindow { get; init; } = 1_250_000;

    /// <summary>How many bytes a peer may send on all streams ahead of their readers. The default is 16 MiB.</summary>
    public int ConnectionWindow { get; init; } = 16 << 20;

    /// <summary>How many unidirectional streams a peer may have open at once: one for each group under way. The default is 1,024.</summary>
    public int MaxIncomingUniStreams { get; init; } = 1024;

    /// <summary>How many bidirectional streams a peer may have open at once: one for each subscription. The default is 1,024.</summary>
    public int MaxIncomingBidiStreams { get; init; } = 1024;

    /// <summary>
    /// Whether many packets pass the kernel in one call where it can do that. The default is true. False is slower, for network cards whose drivers lose what they are to cut up.
    /// </summary>
    public bool UseOffload { get; init; } = true;

    /// <summary>How many bytes one stream queues before a write waits. The default is 1 MiB.</summary>
    public int SendQueue { get; init; } = 1 << 20;

    /// <summary>How many connections the endpoint keeps at once, dialed and accepted; more are refused. The default is 4,096.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>How many peers may be in the middle of their handshakes; more are refused. The default is 512.</summary>
    public int MaxHandshakes { get; init; } = 512;

    /// <summary>
    /// Gets the maximum number of connections that wait for <see cref="IEndpoint.AcceptAsync"/>; more are refused as <see cref="ConnectError.Busy"/>. The default is 1,024.
    /// </summary>
    public int MaxUnaccepted { get; init; } = 1024;

    /// <summary>
    /// How many bytes all connections together may keep for their readers and writers. Beyond it writes wait, new connections are refused, and a connection whose
    /// unread bytes are more than its share is ended. The default is 1 GiB.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 1L << 30;

    /// <summary>Where those who wait go on. The default is the thread pool.</summary>
    public Runtime Runtime { get; init; } = ThreadPoolRuntime.Instance;

    /// <summary>Where received and copied bytes live. The default is the shared pool.</summary>
    public BlockPool Pool { get; init; } = BlockPool.Shared;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(BindAddress);
        ArgumentNullException.ThrowIfNull(LoggerFactory);
        ArgumentNullException.ThrowIfNull(Runtime);
        ArgumentNullException.ThrowIfNull(Pool);
        ThrowIfNoSpan(IdleTimeout);
        ThrowIfNoSpan(KeepAlive);
        ThrowIfNoSpan(HandshakeTimeout);
        ArgumentOutOfRangeException.ThrowIfLessThan(StreamWindow, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionWindow, StreamWindow);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxIncomingUniStreams, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxIncomingUniStreams, MostStreams);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxIncomingBidiStreams, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxIncomingBidiStreams, MostStreams);
        ArgumentOutOfRangeException.ThrowIfLessThan(SendQueue, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxHandshakes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxUnaccepted, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBufferedBytes, 1);
    }

    private static void ThrowIfNoSpan(TimeSpan time, [CallerArgumentExpression(nameof(time))] string? name = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time, LongestSpan, name);
    }
}
