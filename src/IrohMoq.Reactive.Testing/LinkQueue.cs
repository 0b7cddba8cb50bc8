namespace IrohMoq.Reactive.Testing;

/// <summary>
/// One direction of a <see cref="Link"/>: everything that is sent arrives once, in order, after the latency, the jitter and the time that
/// its bytes take. While the link is cut, what is in flight waits, as if it were sent again after the link is healed. All members are
/// called under the network's lock.
/// </summary>
internal sealed class LinkQueue
{
    private readonly InMemoryNetwork _network;
    private readonly Link _link;
    private readonly InMemoryEndpoint _to;
    private readonly Random _jitter;
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
    /// Drops what has waited during a cut for longer than any dial or connection lasts: dials are sent in a cut as well, and would add up.
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

    /// <summary>Something in flight. Times are ticks of the network's clock.</summary>
    /// <param name="SentAt">When it was sent.</param>
    /// <param name="DueAt">When it arrives, unless the link is cut by then.</param>
    /// <param name="What">The text in the trace; null if it is not traced.</param>
    /// <param name="Arrive">What to do at the receiver. Called under the network's lock.</param>
    private readonly record struct Delivery(long SentAt, long DueAt, string? What, Action Arrive);
}
