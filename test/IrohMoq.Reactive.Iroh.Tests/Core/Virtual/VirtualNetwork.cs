using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Connects hosts with real QUIC cores in virtual time, on the thread of the test. Time jumps to the next datagram, action or timer. The
/// same seed gives the same losses, delays and order; only the connection ids and keys differ, which change neither sizes nor times.
/// </summary>
internal sealed class VirtualNetwork : IDisposable
{
    /// <summary>The time of the cores, in nanoseconds, at the beginning.</summary>
    private const ulong Epoch = 1_000_000_000_000;

    /// <summary>The duration, in nanoseconds, of a round in which a timer is due again at once.</summary>
    private const ulong RoundTime = 1_000;

    /// <summary>A connection whose timer is due so often without sending anything would keep a real thread busy.</summary>
    private const int MaxIdleRounds = 1_000;

    private readonly PriorityQueue<Action, (ulong At, long Sequence)> _events = new();
    private readonly Dictionary<NetworkAddress, VirtualHost> _addresses = [];
    private readonly List<VirtualHost> _hosts = [];
    private long _sequence;
    private int _idleRounds;

    public VirtualNetwork(int seed)
    {
        Seed = seed;
        Random = new Random(seed);
    }

    public int Seed { get; }

    /// <summary>Gets the source of all random decisions.</summary>
    public Random Random { get; }

    /// <summary>Gets the time of the cores in nanoseconds.</summary>
    public ulong Now { get; private set; } = Epoch;

    /// <summary>Gets the time since the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks((long)((Now - Epoch) / TimeSpan.NanosecondsPerTick));

    /// <summary>Gets or sets a function that sees each datagram before the link, and returns false to lose it; null for none.</summary>
    public Func<VirtualDatagram, bool>? Filter { get; set; }

    /// <summary>Gets the number of datagrams for which there was no host.</summary>
    public int Unroutable { get; private set; }

    /// <summary>Gets a number that two runs have in common if they carried datagrams of the same sizes at the same times.</summary>
    public ulong Trace { get; private set; }

    /// <summary>Returns the time of the cores, in nanoseconds, of a time since the beginning.</summary>
    public static ulong TimeOf(TimeSpan elapsed) => Epoch + (ulong)(elapsed.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>Performs an action at a time since the beginning.</summary>
    public void At(TimeSpan time, Action action) => _events.Enqueue(action, (Math.Max(TimeOf(time), Now), _sequence++));

    /// <summary>Adds a host.</summary>
    /// <param name="link">The link of what the host sends.</param>
    /// <param name="settings">Changes the settings of the host; null for none.</param>
    /// <param name="addresses">The addresses of the host, at least one.</param>
    public VirtualHost AddHost(LinkModel link, Func<CoreSettings, CoreSettings>? settings, params NetworkAddress[] addresses)
    {
        var host = new VirtualHost(this, link, settings, addresses);
        _hosts.Add(host);
        foreach (var address in addresses)
            _addresses.Add(address, host);
        return host;
    }

    /// <summary>
    /// Gives a host another public address instead of one of its own, as a NAT does that has forgotten the former one. The host does not
    /// notice, and what is sent to the former one is lost.
    /// </summary>
    public void Rebind(VirtualHost host, NetworkAddress local, NetworkAddress address)
    {
        _addresses.Remove(host.Translate(local));
        host.Translations[local] = address;
        _addresses.Add(address, host);
    }

    /// <summary>Sends a datagram from a host.</summary>
    public void Send(VirtualHost from, VirtualLink link, in NetworkPath path, ReadOnlySpan<byte> bytes)
    {
        _idleRounds = 0;
        Trace = unchecked((Trace * 1_099_511_628_211) + Now + (ulong)bytes.Length);
        var datagram = new VirtualDatagram(from, from.Translate(path.Local), path.Remote, bytes.ToArray());
        if (Filter?.Invoke(datagram) ?? true)
            link.Carry(bytes.Length, () => Deliver(datagram));
    }

    /// <summary>Lets time pass until a condition is met.</summary>
    /// <returns>False if the condition is not met within the limit.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Now + (ulong)(limit.Ticks * TimeSpan.NanosecondsPerTick);
        Flush();
        while (!condition())
        {
            var next = Math.Min(_events.TryPeek(out _, out var first) ? first.At : ulong.MaxValue, _hosts.Min(host => host.Expiry));
            if (next > end)
            {
                Now = end;
                return condition();
            }

            if (next > Now)
                Now = next;
            else if (++_idleRounds > MaxIdleRounds)
                throw new InvalidOperationException($"Seed {Seed}: a timer at {Elapsed} is due again and again.");
            else
                Now += RoundTime;
            Deliver();
            Flush();
        }

        return true;
    }

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan duration) => RunUntil(static () => false, duration);

    public void Dispose()
    {
        foreach (var host in _hosts)
            host.Dispose();
    }

    private void Deliver()
    {
        while (_events.TryPeek(out var action, out var first) && first.At <= Now)
        {
            _events.Dequeue();
            _idleRounds = 0;
            action();
        }
    }

    private void Flush()
    {
        foreach (var host in _hosts)
            host.Flush();
    }

    private void Deliver(VirtualDatagram datagram)
    {
        if (_addresses.TryGetValue(datagram.Destination, out var host))
            host.Receive(datagram);
        else
            Unroutable++;
    }
}
