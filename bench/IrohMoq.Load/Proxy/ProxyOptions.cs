using System.Globalization;
using System.Net;

namespace IrohMoq.Load;

/// <summary>Represents the options of the UDP proxy. Each condition applies to both directions, independently.</summary>
internal sealed record ProxyOptions
{
    /// <summary>Gets the address to which the dialer sends its datagrams.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Gets the address of the listener.</summary>
    public required IPEndPoint Target { get; init; }

    /// <summary>Gets the probability that a datagram is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Gets the probability that a datagram is sent twice.</summary>
    public double Duplicate { get; init; }

    /// <summary>Gets the probability that a datagram is held back for <see cref="ReorderDelay"/>, so that others overtake it.</summary>
    public double Reorder { get; init; }

    /// <summary>Gets the additional delay, in milliseconds, of a datagram that is held back.</summary>
    public double ReorderDelay { get; init; } = 5;

    /// <summary>Gets the delay of every datagram in milliseconds.</summary>
    public double Delay { get; init; }

    /// <summary>
    /// Gets the maximum additional delay, in milliseconds. Each datagram gets a random one, so that datagrams overtake one another.
    /// </summary>
    public double Jitter { get; init; }

    /// <summary>Gets the maximum rate in megabits per second, or 0 for no limit.</summary>
    public double Rate { get; init; }

    /// <summary>Gets the maximum time, in milliseconds, that a datagram waits because of the rate. Others are dropped.</summary>
    public double Queue { get; init; } = 100;

    /// <summary>Gets the maximum size, in bytes, of an IP packet, or 0 for no limit. Larger packets are dropped without a report.</summary>
    public int Mtu { get; init; }

    /// <summary>Gets the time, in seconds of the transfer, from which on <see cref="Mtu"/> applies; 0 for always.</summary>
    public double MtuAfter { get; init; }

    /// <summary>Gets the time, in seconds of the transfer, at which an outage begins.</summary>
    public double OutageAfter { get; init; }

    /// <summary>Gets the duration of the outage in seconds, or 0 for no outage.</summary>
    public double Outage { get; init; }

    /// <summary>
    /// Gets the times, in seconds of the transfer, at which the proxy takes a new port towards the listener, like a router that
    /// has forgotten its mapping.
    /// </summary>
    public IReadOnlyList<double> Rebind { get; init; } = [];

    /// <summary>Gets the seed of the random decisions.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Reads the options from words of the form <c>name=value</c>.</summary>
    /// <exception cref="FormatException">A word is unknown or has a wrong value.</exception>
    public static ProxyOptions Parse(string listen, string target, IReadOnlyList<string> words)
    {
        var options = new ProxyOptions { Listen = IPEndPoint.Parse(listen), Target = IPEndPoint.Parse(target) };
        foreach (var word in words)
        {
            var (name, value) = word.Split('=') is [var left, var right] ? (left, right) : (word, "");
            options = name switch
            {
                "loss" => options with { Loss = Percent(value) },
                "duplicate" => options with { Duplicate = Percent(value) },
                "reorder" => options with { Reorder = Percent(value) },
                "reorder-delay" => options with { ReorderDelay = Number(value) },
                "delay" => options with { Delay = Number(value) },
                "jitter" => options with { Jitter = Number(value) },
                "rate" => options with { Rate = Number(value) },
                "queue" => options with { Queue = Number(value) },
                "mtu" => options with { Mtu = (int)Number(value) },
                "mtu-after" => options with { MtuAfter = Number(value) },
                "outage-after" => options with { OutageAfter = Number(value) },
                "outage" => options with { Outage = Number(value) },
                "rebind" => options with { Rebind = [.. value.Split(',').Select(Number)] },
                "seed" => options with { Seed = (int)Number(value) },
                _ => throw new FormatException($"'{word}' is not an option of the proxy"),
            };
        }

        return options;
    }

    private static double Percent(string text) => Number(text) / 100;

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
