namespace IrohMoq.Reactive.Testing;

/// <summary>Represents the broadcast that a relay publishes under a name, of those that it can read under this name.</summary>
internal abstract class Forwarding(SwarmPeer relay, BroadcastPath name) : IDisposable
{
    private readonly List<Offer> _offers = [];
    private IDisposable? _registration;
    private Offer? _published;
    private bool _isSilent;
    private bool _isOver;

    public BroadcastPath Name => name;

    /// <summary>Gets the number of the peer from which the forwarded broadcast comes; null if any of them may be used.</summary>
    public int? Upstream => _published?.Upstream;

    /// <summary>Gets the time since which the current broadcast is published; null if there is none.</summary>
    public TimeSpan? Since { get; private set; }

    /// <summary>Gets a value indicating whether there are several broadcasts under the name, of which only one is published.</summary>
    public bool IsContested => _offers.Count > 1;

    protected SwarmPeer Relay => relay;

    /// <summary>Creates a forwarding as the options of the scenario specify.</summary>
    public static Forwarding Create(SwarmPeer relay, BroadcastPath name) =>
        relay.World.Options.ForwardsFronts ? new FrontForwarding(relay, name) : new SessionForwarding(relay, name);

    /// <summary>Follows what a peer announces on a new session.</summary>
    public abstract void Follow(MoqSession session, int upstream);

    /// <summary>Publishes nothing, although there is a broadcast, or publishes the newest one again.</summary>
    public void Silence(bool isSilent)
    {
        _isSilent = isSilent;
        Publish();
    }

    /// <summary>
    /// Determines whether the broadcast that is published has the origin of a route. While that of another publisher has the name, it has
    /// not, and the other one may be unknown to the forwarding.
    /// </summary>
    public bool HasOriginOf(BroadcastRoute route) => _published?.Broadcast.Route.HasOriginOf(route) == true;

    public virtual void Dispose()
    {
        _isOver = true;
        Publish();
    }

    /// <summary>Adds a broadcast that can be forwarded until it ends.</summary>
    protected async Task OfferAsync(BroadcastConsumer broadcast, int? upstream)
    {
        var offer = new Offer(broadcast, upstream);
        _offers.Add(offer);
        Publish();
        await broadcast.Closed.ConfigureAwait(false);
        _offers.Remove(offer);
        Publish();
    }

    /// <summary>Publishes the newest broadcast instead of the one that is published.</summary>
    private void Publish()
    {
        var next = _isSilent || _isOver || relay.IsGone ? null : _offers.LastOrDefault();
        if (next == _published)
            return;
        var before = _registration;
        _published = next;
        Since = next is null ? null : relay.World.Now;
        relay.World.Ways.OnRoutesChanged();
        var source = next is null ? "nothing" : next.Upstream is { } from ? relay.World.Swarm.NameOf(from) : "any";
        relay.Write("forwards", $"{name}: {source}");
        try
        {
            _registration = next is null ? null : relay.Moq.Publish(name, next.Broadcast);
        }
        catch (ObjectDisposedException)
        {
            // The relay is shutting down.
            (_published, Since) = (null, null);
        }

        before?.Dispose();
    }

    private sealed record Offer(BroadcastConsumer Broadcast, int? Upstream);
}

/// <summary>Forwards the broadcast of one session: that which was announced last.</summary>
internal sealed class SessionForwarding(SwarmPeer relay, BroadcastPath name) : Forwarding(relay, name)
{
    public override void Follow(MoqSession session, int upstream) =>
        session.WatchBroadcast(Name).Subscribe(broadcast => _ = OfferAsync(broadcast, upstream));
}

/// <summary>Forwards what the relay reads by name over all its sessions, from whichever peer it comes.</summary>
internal sealed class FrontForwarding : Forwarding
{
    private readonly IDisposable _subscription;

    public FrontForwarding(SwarmPeer relay, BroadcastPath name)
        : base(relay, name)
    {
        // The observable fails if the relay is killed.
        _subscription = relay.Moq.WatchBroadcast(name).Subscribe(broadcast => _ = OfferAsync(broadcast, null), static _ => { });
    }

    public override void Follow(MoqSession session, int upstream)
    {
    }

    public override void Dispose()
    {
        base.Dispose();
        _subscription.Dispose();
    }
}
