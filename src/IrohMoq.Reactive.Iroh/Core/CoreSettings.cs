using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Contains the settings that all connections of an endpoint have in common. See <see cref="IrohEndpointOptions"/>.</summary>
internal sealed record CoreSettings : IDisposable
{
    /// <summary>Gets the key with which the endpoint proves its id.</summary>
    public required RawKeyCredentials Credentials { get; init; }

    /// <summary>Gets the secret from which the stateless reset tokens are generated.</summary>
    public required ResetSecret ResetSecret { get; init; }

    /// <summary>Gets the count of the bytes that all connections buffer.</summary>
    public required ByteBudget Budget { get; init; }

    /// <summary>Gets the pool that provides the memory for received data and for copies of data to send.</summary>
    public required BlockPool Pool { get; init; }

    /// <summary>Gets the number of bytes that a peer may send on one stream before they are read.</summary>
    public int StreamWindow { get; init; } = 1_250_000;

    /// <summary>Gets the number of bytes that a peer may send on all streams before they are read.</summary>
    public int ConnectionWindow { get; init; } = 16 << 20;

    /// <summary>Gets the number of bytes that one stream queues before its writer has to wait.</summary>
    public int SendQueue { get; init; } = 1 << 20;

    /// <summary>Gets the maximum number of unidirectional streams that a peer may have open.</summary>
    public int MaxIncomingUniStreams { get; init; } = 1024;

    /// <summary>Gets the maximum number of bidirectional streams that a peer may have open.</summary>
    public int MaxIncomingBidiStreams { get; init; } = 1024;

    /// <summary>Gets the congestion control.</summary>
    public CongestionControl CongestionControl { get; init; }

    /// <summary>Gets the time after which a connection counts as lost if nothing arrives.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the interval at which an idle connection is kept alive.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the maximum duration of a handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Clears and releases the secrets.</summary>
    public void Dispose()
    {
        Credentials.Dispose();
        ResetSecret.Dispose();
    }
}
