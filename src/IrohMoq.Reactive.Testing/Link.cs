using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the link between two endpoints: a queue in each direction, and the connections that use the link. While the link is cut, no
/// message arrives. If the cut lasts for the idle timeout, both sides of every connection time out. The callers of all members must hold
/// the lock of the network.
/// </summary>
internal sealed class Link
{
    private readonly InMemoryNetwork _network;
    private readonly InMemoryEndpoint _a;
    private readonly InMemoryEndpoint _b;
    private readonly LinkQueue _fromA;
    private readonly LinkQueue _fromB;
    private readonly LinkedList<InMemoryConnection> _ends = [];
    private readonly ITimer _idle;

    public Link(InMemoryNetwork network, InMemoryEndpoint a, InMemoryEndpoint b)
    {
        _network = network;
        _a = a;
        _b = b;
        _fromA = new LinkQueue(network, this, a, b);
        _fromB = new LinkQueue(network, this, b, a);
        _idle = network.Runtime.CreateTimer(
            static link => ((Link)link!).OnIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsCut { get; private set; }

    /// <summary>
    /// Gets a value that indicates whether one of the endpoints was killed. In this case the link is cut and is never restored.
    /// </summary>
    public bool IsDead { get; private set; }

    /// <summary>Gets the time of the last cut, in ticks of the clock of the network.</summary>
    public long CutAt { get; private set; }

    public bool Reaches(InMemoryEndpoint endpoint) => endpoint == _a || endpoint == _b;

    public LinkQueue From(InMemoryEndpoint endpoint) => endpoint == _a ? _fromA : _fromB;

    public void Add(InMemoryConnection end) => _ends.AddLast(end);

    public void Remove(InMemoryConnection end) => _ends.Remove(end);

    public void Cut()
    {
        if (IsCut)
            return;
        IsCut = true;
        CutAt = _network.Now;
        _fromA.OnCut();
        _fromB.OnCut();
        _idle.Change(_network.IdleTimeout, Timeout.InfiniteTimeSpan);
    }

    public void Heal()
    {
        if (!IsCut || IsDead)
            return;
        IsCut = false;
        _idle.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _fromA.OnHealed();
        _fromB.OnHealed();
    }

    public void Die()
    {
        if (IsDead)
            return;
        Cut();
        IsDead = true;
        _fromA.OnDead();
        _fromB.OnDead();
    }

    private void OnIdle()
    {
        lock (_network.Gate)
        {
            if (!IsCut)
                return;
            var left = CutAt + _network.IdleTimeout.Ticks - _network.Now;
            if (left > 0)
            {
                // The link was cut again after the timer was set, or the timer of a real clock fired early.
                _idle.Change(TimeSpan.FromTicks(left), Timeout.InfiniteTimeSpan);
                return;
            }

            foreach (var end in _ends.ToArray())
                end.EndWith(new TransportEnd(TransportEndCause.TimedOut, 0, "", IsRemote: false));
        }
    }
}
