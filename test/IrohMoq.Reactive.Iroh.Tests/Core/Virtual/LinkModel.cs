namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Describes one direction of a network path.</summary>
internal sealed record LinkModel
{
    /// <summary>Gets the time that each datagram takes.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Gets the maximum time that is added to the delay of a datagram. Datagrams overtake each other if it is not zero.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Gets the probability that a datagram is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Gets the probability that a datagram arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Gets the number of bytes per second, or 0 for no limit.</summary>
    public long Rate { get; init; }

    /// <summary>Gets the number of bytes that wait at most for a link with a rate. Datagrams beyond that are lost.</summary>
    public int Queue { get; init; } = 64 << 10;

    /// <summary>Gets the size of the largest datagram, without the headers of IP and UDP. A larger datagram is lost.</summary>
    public int Mtu { get; init; } = int.MaxValue;

    /// <summary>
    /// Gets a value that indicates whether the sender is notified of a datagram that is too large, as by its own network interface.
    /// </summary>
    public bool IsMtuLocal { get; init; }
}
