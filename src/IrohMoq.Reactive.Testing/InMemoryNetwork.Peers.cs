using System.Net;

namespace IrohMoq.Reactive.Testing;

/// <content>Whole peers: an endpoint of the network with a <see cref="Moq"/> on it.</content>
public sealed partial class InMemoryNetwork
{
    private readonly Dictionary<Moq, InMemoryEndpoint> _byPeer = [];

    /// <summary>
    /// Adds a peer that dials and is dialed: an endpoint, as <see cref="AddEndpoint"/> makes it, and a manager on it whose pipeline, observers and waits are on the network's <see cref="Scheduler"/>.
    /// Its broadcasts are to be on the network's <see cref="Runtime"/>. A manager that is shut down leaves its endpoint open, as everywhere; to start the peer again under its name, end its endpoint
    /// first: <see cref="Kill(Moq)"/> it, or dispose <see cref="EndpointOf"/>.
    /// </summary>
    /// <param name="name">What the trace calls it; its id comes from the seed and this name.</param>
    /// <param name="options">Limits and log; null for the defaults. Their scheduler is replaced by the network's; a seed that is not given comes from the network's and the name.</param>
    /// <returns>The manager. The network does not shut it down.</returns>
    /// <exception cref="ArgumentException">There is an endpoint of that name, or the name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it, and no endpoint is added.</exception>
    public Moq AddPeer(string name, MoqOptions? options = null) => StartPeer(name, options, address: null);

    private Moq StartPeer(string name, MoqOptions? options, IPEndPoint? address)
    {
        options ??= MoqOptions.Default;
        options = options with { Scheduler = Scheduler, Seed = options.Seed ?? Seed.Number("chance " + name) };
        var endpoint = AddEndpoint(name, address);
        var peer = Moq.Serve(endpoint, options);
        lock (Gate)
            _byPeer.Add(peer, endpoint);
        return peer;
    }

    /// <summary>
    /// Restarts a peer as a process that is started again on the same port with the same key: kills it if its endpoint is open, and adds a peer with its
    /// name, id and address. The other peers see the connections with the killed one time out.
    /// </summary>
    /// <param name="peer">A peer that <see cref="AddPeer"/> or this method has returned.</param>
    /// <param name="options">The options of the new manager, as for <see cref="AddPeer"/>; <see langword="null"/> for the defaults.</param>
    /// <returns>The new manager.</returns>
    /// <exception cref="ArgumentException">The peer belongs to another network, or another endpoint listens on its address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it, and the peer is killed all the same.</exception>
    public Moq RestartPeer(Moq peer, MoqOptions? options = null)
    {
        var endpoint = EndpointOf(peer);
        if (!endpoint.IsOver)
            Kill(endpoint);
        return StartPeer(endpoint.Name, options, endpoint.Address.Addresses[0]);
    }

    /// <summary>The endpoint of a peer: its id and name, and what ends the peer's place on the network.</summary>
    /// <param name="peer">A peer that <see cref="AddPeer"/> has returned.</param>
    /// <exception cref="ArgumentException">This network did not make it.</exception>
    public InMemoryEndpoint EndpointOf(Moq peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (Gate)
        {
            return _byPeer.GetValueOrDefault(peer)
                ?? throw new ArgumentException("The peer is not of this network: only what its AddPeer has returned is known here. For a manager of your own use its endpoint.", nameof(peer));
        }
    }

    /// <summary>Where a peer is dialed.</summary>
    /// <param name="peer">The peer.</param>
    /// <exception cref="ArgumentException">It is not of this network.</exception>
    public EndpointAddr AddressOf(Moq peer) => EndpointOf(peer).Address;

    /// <summary>The same as <see cref="Partition(InMemoryEndpoint, InMemoryEndpoint)"/> for two peers. Their sessions end as values, with <see cref="SessionEndCause.TimedOut"/>.</summary>
    /// <param name="a">One peer.</param>
    /// <param name="b">The other.</param>
    /// <exception cref="ArgumentException">One is not of this network.</exception>
    public void Partition(Moq a, Moq b) => Partition(EndpointOf(a), EndpointOf(b));

    /// <summary>The same as <see cref="Heal(InMemoryEndpoint, InMemoryEndpoint)"/> for two peers.</summary>
    /// <param name="a">One peer.</param>
    /// <param name="b">The other.</param>
    /// <exception cref="ArgumentException">One is not of this network.</exception>
    public void Heal(Moq a, Moq b) => Heal(EndpointOf(a), EndpointOf(b));

    /// <summary>
    /// The same as <see cref="Kill(InMemoryEndpoint)"/> for a peer: its own observers see every session end, then their streams fail with a <see cref="MoqException"/>; the others see their sessions time out.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <exception cref="ArgumentException">It is not of this network.</exception>
    public void Kill(Moq peer) => Kill(EndpointOf(peer));
}
