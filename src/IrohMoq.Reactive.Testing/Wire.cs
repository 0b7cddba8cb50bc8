namespace IrohMoq.Reactive.Testing;

/// <summary>
/// One direction of a <see cref="Link"/>: everything sent arrives once, in order, after the latency, the jitter and the time that its bytes take. While the link is cut,
/// what is under way waits, as if it were sent again after the heal. All members run under the network's lock.
/// </summary>
internal sealed class Wire
{
    private readonly InMemoryNetwork _network;
    private readonly Link _link;
    private readonly InMemoryEndpoint _to;
    private readonly Random _jitter;
    private readonly ITimer _timer;
    private Queue<Delivery> _underWay = new();
    private long _lineFreeAt;
    private long _lastDueAt;
    private bool _isArmed;

    public Wire(InMemoryNetwork network, Link link, InMemoryEndpoint from, InMemoryEndpoint to)
    {
        _network = network;
        _link = link;
        _to = to;
        _jitter = new Random(network.Seed.Number($"jitter {from.Name} > {to.Name}"));
        _timer = network.Runtime.CreateTimer(static wire => ((Wire)wire!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Send(int bytes, string? what, Action arrive)
    {
        if (_link.IsDead)
            return;
        var now = _network.Now;
        if (_link.IsCut)
            DropWhatNobodyWaitsFor(now);
        _lineFreeAt = Math.Max(_lineFreeAt, now) + _network.TransmissionTicks(bytes);
        _lastDueAt = Math.Max(_lastDueAt, _lineFreeAt + _network.Latency.Ticks + JitterTicks());
        _underWay.Enqueue(new Delivery(now, _lastDueAt, what, arrive));
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
        _underWay = new Queue<Delivery>(_underWay.Select(delivery => delivery with { DueAt = Math.Max(delivery.DueAt, earliest) }));
        _lastDueAt = Math.Max(_lastDueAt, earliest);
        Arm();
    }

    public void OnDead()
    {
        _underWay.Clear();
        _timer.Dispose();
    }

    private long JitterTicks() => _network.Jitter > TimeSpan.Zero ? _jitter.NextInt64(_network.Jitter.Ticks + 1) : 0;

    /// <summary>During a cut, dials go on being sent: whatever has waited longer than any dial or connection lives is gone.</summary>
    private void DropWhatNobodyWaitsFor(long now)
    {
        while (_underWay.TryPeek(out var oldest) && now - Math.Max(oldest.SentAt, _link.CutAt) > _network.LongestWait.Ticks)
            _underWay.Dequeue();
    }

    private void Arm()
    {
        if (_isArmed || _link.IsCut || !_underWay.TryPeek(out var next))
            return;
        _isArmed = true;
        _timer.Change(TimeSpan.FromTicks(Math.Max(next.DueAt - _network.Now, 0)), Timeout.InfiniteTimeSpan);
    }

    private void OnDue()
    {
        lock (_network.Gate)
        {
            _isArmed = false;
            while (!_link.IsCut && _underWay.TryPeek(out var next) && next.DueAt <= _network.Now)
            {
                _underWay.Dequeue();
                if (next.What is { } what)
                    _network.Trace.Add(_to.Name, what);
                next.Arrive();
            }

            Arm();
        }
    }
}
