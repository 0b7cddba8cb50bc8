namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents one direction of a <see cref="Link"/>. Every message, unless it is a datagram that is lost, arrives once, in order, after the
/// latency, the jitter and the transmission time of its bytes. While the link is cut, messages in flight wait, as if they were
/// retransmitted after the link is restored. The callers of all members must hold the lock of the network.
/// </summary>
internal sealed class LinkQueue
{
    private readonly InMemoryNetwork _network;
    private readonly Link _link;
    private readonly InMemoryEndpoint _to;
    private readonly Random _jitter;
    private readonly Random? _loss;
    private readonly ITimer _timer;
    private Queue<Delivery> _inFlight = new();
    private long _lineFreeAt;
    private long _lastDueAt;
    private bool _isArmed;

    public LinkQueue(InMemoryNetwork network, Link link, InMemoryEndpoint from, InMemoryEndpoint to)
    {
        _network = network;
        _link = link;
        _to = to;
        _jitter = new Random(network.Seed.Number($"jitter {from.Name} > {to.Name}"));
        _loss = network.DatagramLoss > 0 ? new Random(network.Seed.Number($"loss {from.Name} > {to.Name}")) : null;
        _timer = network.Runtime.CreateTimer(
            static queue => ((LinkQueue)queue!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Send(int bytes, string? what, Action arrive)
    {
        if (_link.IsDead)
            return;
        var now = _network.Now;
        if (_link.IsCut)
            DropExpired(now);
        _lineFreeAt = Math.Max(_lineFreeAt, now) + _network.TransmissionTicks(bytes);
        _lastDueAt = Math.Max(_lastDueAt, _lineFreeAt + _network.Latency.Ticks + JitterTicks());
        _inFlight.Enqueue(new Delivery(now, _lastDueAt, what, arrive));
        Arm();
    }

    /// <summary>Draws whether a datagram is lost. Everything else is transmitted again.</summary>
    public bool LosesDatagram() => _loss?.NextDouble() < _network.DatagramLoss;

    public void OnCut()
    {
        _isArmed = false;
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void OnHealed()
    {
        var earliest = _network.Now + _network.Latency.Ticks;
        _inFlight = new Queue<Delivery>(_inFlight.Select(delivery => delivery with { DueAt = Math.Max(delivery.DueAt, earliest) }));
        _lastDueAt = Math.Max(_lastDueAt, earliest);
        Arm();
    }

    public void OnDead()
    {
        _inFlight.Clear();
        _timer.Dispose();
    }

    private long JitterTicks() => _network.Jitter > TimeSpan.Zero ? _jitter.NextInt64(_network.Jitter.Ticks + 1) : 0;

    /// <summary>
    /// Drops messages that have waited during a cut for longer than any dial or connection lasts. Dials are sent during a cut too, and
    /// would accumulate otherwise.
    /// </summary>
    private void DropExpired(long now)
    {
        while (_inFlight.TryPeek(out var oldest) && now - Math.Max(oldest.SentAt, _link.CutAt) > _network.LongestWait.Ticks)
            _inFlight.Dequeue();
    }

    private void Arm()
    {
        if (_isArmed || _link.IsCut || !_inFlight.TryPeek(out var next))
            return;
        _isArmed = true;
        _timer.Change(TimeSpan.FromTicks(Math.Max(next.DueAt - _network.Now, 0)), Timeout.InfiniteTimeSpan);
    }

    private void OnDue()
    {
        lock (_network.Gate)
        {
            _isArmed = false;
            while (!_link.IsCut && _inFlight.TryPeek(out var next) && next.DueAt <= _network.Now)
            {
                _inFlight.Dequeue();
                if (next.What is { } what)
                    _network.Trace.Add(_to.Name, what);
                next.Arrive();
            }

            Arm();
        }
    }

    /// <summary>Represents a message in flight. Times are in ticks of the clock of the network.</summary>
    /// <param name="SentAt">The time at which the message was sent.</param>
    /// <param name="DueAt">The time at which the message arrives, unless the link is cut at that time.</param>
    /// <param name="What">The text for the trace; null if the arrival is not traced.</param>
    /// <param name="Arrive">The action to run at the receiver. The caller must hold the lock of the network.</param>
    private readonly record struct Delivery(long SentAt, long DueAt, string? What, Action Arrive);
}
