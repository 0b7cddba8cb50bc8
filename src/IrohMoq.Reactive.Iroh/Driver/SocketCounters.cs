namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Contains the numbers of system calls and datagrams of the sockets of an endpoint, for benchmarks and diagnosis. The I/O thread counts
/// without synchronization, so a value that is read on another thread may be slightly outdated.
/// </summary>
internal record struct SocketCounters
{
    /// <summary>Gets or sets the number of calls that send datagrams, those that failed included.</summary>
    public long Sends { get; set; }

    /// <summary>Gets or sets the number of datagrams in <see cref="Sends"/>.</summary>
    public long DatagramsSent { get; set; }

    /// <summary>Gets or sets the number of calls that receive datagrams, those that found none included.</summary>
    public long Receives { get; set; }

    /// <summary>Gets or sets the number of datagrams in <see cref="Receives"/>.</summary>
    public long DatagramsReceived { get; set; }

    /// <summary>Gets or sets the number of calls that wait for datagrams.</summary>
    public long Waits { get; set; }

    /// <summary>Gets or sets the number of calls that write or read the event that wakes the I/O thread.</summary>
    public long Wakes { get; set; }

    public static SocketCounters operator +(SocketCounters a, SocketCounters b) => new()
    {
        Sends = a.Sends + b.Sends,
        DatagramsSent = a.DatagramsSent + b.DatagramsSent,
        Receives = a.Receives + b.Receives,
        DatagramsReceived = a.DatagramsReceived + b.DatagramsReceived,
        Waits = a.Waits + b.Waits,
        Wakes = a.Wakes + b.Wakes,
    };

    public static SocketCounters operator -(SocketCounters a, SocketCounters b) => new()
    {
        Sends = a.Sends - b.Sends,
        DatagramsSent = a.DatagramsSent - b.DatagramsSent,
        Receives = a.Receives - b.Receives,
        DatagramsReceived = a.DatagramsReceived - b.DatagramsReceived,
        Waits = a.Waits - b.Waits,
        Wakes = a.Wakes - b.Wakes,
    };
}
