using System.Buffers;

namespace IrohMoq.Load;

/// <summary>
/// Represents one direction of the proxy: decides for each datagram whether and when it is sent, and holds those that wait. Times are in
/// milliseconds.
/// </summary>
internal sealed class ProxyDirection(ProxyOptions options, int headers, int seed)
{
    /// <summary>The maximum number of datagrams that wait.</summary>
    private const int Capacity = 50_000;

    private readonly Random _random = new(seed);
    private readonly PriorityQueue<Waiting, (double Time, long Number)> _waiting = new();
    private readonly bool _sendsAtOnce = options is { Delay: 0, Jitter: 0, Reorder: 0, Rate: 0 };
    private long _number;
    private double _linkFreeAt;

    public ProxyCounts Counts { get; } = new();

    /// <summary>Gets the time at which the next datagram must be sent, or infinity.</summary>
    public double NextTime => _waiting.TryPeek(out _, out var next) ? next.Time : double.PositiveInfinity;

    /// <summary>Takes a datagram that has arrived.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="now">The current time.</param>
    /// <param name="seconds">The time in seconds since the transfer has begun, or a negative number before.</param>
    /// <returns>The number of copies that must be sent at once.</returns>
    public int OnArrived(ReadOnlySpan<byte> datagram, double now, double seconds)
    {
        if (IsInOutage(seconds) || _random.NextDouble() < options.Loss)
        {
            Counts.Lost++;
            return 0;
        }

        if (options.Mtu > 0 && (options.MtuAfter == 0 || seconds >= options.MtuAfter) && datagram.Length + headers > options.Mtu)
        {
            Counts.TooLarge++;
            return 0;
        }

        var copies = 1;
        if (_random.NextDouble() < options.Duplicate)
        {
            Counts.Duplicated++;
            copies = 2;
        }

        if (_sendsAtOnce)
            return copies;
        for (var i = 0; i < copies; i++)
            Enqueue(datagram, now);
        return 0;
    }

    /// <summary>Returns a datagram that must be sent now, whose buffer must be returned to the shared pool.</summary>
    public bool TryTake(double now, out Waiting datagram)
    {
        datagram = default;
        return NextTime <= now && _waiting.TryDequeue(out datagram, out _);
    }

    private bool IsInOutage(double seconds) => seconds >= options.OutageAfter && seconds < options.OutageAfter + options.Outage;

    private void Enqueue(ReadOnlySpan<byte> datagram, double now)
    {
        var time = now;
        if (options.Rate > 0)
        {
            time = Math.Max(now, _linkFreeAt);
            if (time > now + options.Queue)
            {
                Counts.Overflowed++;
                return;
            }

            time += (datagram.Length + headers) * 8 / (options.Rate * 1000);
            _linkFreeAt = time;
        }

        if (_waiting.Count >= Capacity)
        {
            Counts.Overflowed++;
            return;
        }

        time += options.Delay + (options.Jitter * _random.NextDouble());
        if (_random.NextDouble() < options.Reorder)
        {
            Counts.HeldBack++;
            time += options.ReorderDelay;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(datagram.Length);
        datagram.CopyTo(buffer);
        _waiting.Enqueue(new Waiting(buffer, datagram.Length), (time, _number++));
    }
}
