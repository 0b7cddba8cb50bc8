using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Contains the settings of an <see cref="IoLoop"/>. See <see cref="IrohEndpointOptions"/>.</summary>
internal sealed record DriverSettings
{
    /// <summary>Gets the addresses that the sockets are bound to, at least one.</summary>
    public required IReadOnlyList<BindAddress> BindAddresses { get; init; }

    /// <summary>Gets the runtime that writes the log and continues those who wait for the end of the loop.</summary>
    public required Runtime Runtime { get; init; }

    /// <summary>Gets a value that indicates whether the offload of the kernel is used.</summary>
    public bool UseOffload { get; init; } = true;

    /// <summary>Gets the maximum number of connections.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Gets the maximum number of incoming connections whose handshake is not complete.</summary>
    public int MaxHandshakes { get; init; } = 512;

    /// <summary>Gets the number of handshakes in progress above which a client must prove its address with a Retry.</summary>
    public int RetryThreshold { get; init; } = 32;

    /// <summary>Gets the filter of the application for first packets, or null to accept all of them.</summary>
    public Func<Incoming, IncomingFilterOutcome>? IncomingFilter { get; init; }
}
