using System.Net;

namespace IrohMoq.Reactive.Testing;

/// <content>Peers: endpoints of the network with a <see cref="Moq"/> on them.</content>
public sealed partial class InMemoryNetwork
{
    private readonly Dictionary<Moq, InMemoryEndpoint> _byPeer = [];

    /// <summary>
    /// Adds a peer that dials and is dialed: an endpoint, as <see cref="AddEndpoint"/> adds it, and a manager on it whose pipeline,
    /// observers and waits are on the <see cref="Scheduler"/> of the network. Create its broadcasts with the <see cref="Runtime"/> of the
    /// network. A manager that is shut down leaves its endpoint open, as everywhere.
    /// </summary>
    /// <param name="name">The name of the peer in the trace. Its id is derived from the seed and this name.</param>
    /// <param name="options">
    /// The options of the manager; <see langword="null"/> for the defaults. The scheduler is replaced by that of the network; a seed that
    /// is not given is derived from that of the network and the name.
    /// </param>
    /// <returns>The manager. The network does not shut it down.</returns>
    /// <exception cref="ArgumentException">An endpoint with that name is open, or the name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of its range; the message names it, and no endpoint is added.
    /// </exception>
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
    /// Restarts a peer as a process that is started again on the same port with the same key: kills it if its endpoint is open, and adds a
    /// peer with its name, id and address. The other peers see the connections with the killed one time out.
    /// </summary>
    /// <param name="peer">A peer that <see cref="AddPeer"/> or this method has returned.</param>
    /// <param name="options">The options of the new manager, as for <see cref="AddPeer"/>; <see langword="null"/> for the defaults.</param>
    /// <returns>The new manager.</returns>
    /// <exception cref="ArgumentException">The peer belongs to another network, or another endpoint listens on its address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of its range; the message names it, and the peer is killed all the same.
    /// </exception>
    public Moq RestartPeer(Moq peer, MoqOptions? options = null)
    {
        var endpoint = EndpointOf(peer);
        if (!endpoint.IsOver)
            Kill(endpoint);
        return StartPeer(endpoint.Name, options, endpoint.Address.Addresses[0]);
    }

    /// <summary>Gets the endpoint of a peer. Disposing it takes the peer off the network.</summary>
    /// <param name="peer">A peer that <see cref="AddPeer"/> or <see cref="RestartPeer"/> has returned.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="ArgumentException">The peer belongs to another network.</exception>
    public InMemoryEndpoint EndpointOf(Moq peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (Gate)
        {
            return _byPeer.GetValueOrDefault(peer)
                ?? throw new ArgumentException(
                    "The peer was not returned by AddPeer of this network. For a manager of your own use its endpoint.", nameof(peer));
        }
    }

    /// <summary>Gets the address at which a peer is dialed.</summary>
    /// <param name="peer">The peer.</param>
    /// <returns>The id and the address of the peer.</returns>
    /// <exception cref="ArgumentException">The peer belongs to another network.</exception>
    public EndpointAddr AddressOf(Moq peer) => EndpointOf(peer).Address;

    /// <summary>
    /// Cuts the link between two peers, as <see cref="Partition(InMemoryEndpoint, InMemoryEndpoint)"/>. Their sessions end with
    /// <see cref="SessionEndCause.TimedOut"/>.
    /// </summary>
    /// <param name="a">One peer.</param>
    /// <param name="b">The other peer.</param>
    /// <exception cref="ArgumentException">A peer belongs to another network.</exception>
    public void Partition(Moq a, Moq b) => Partition(EndpointOf(a), EndpointOf(b));

    /// <summary>Heals the link between two peers, as <see cref="Heal(InMemoryEndpoint, InMemoryEndpoint)"/>.</summary>
    /// <param name="a">One peer.</param>
    /// <param name="b">The other peer.</param>
    /// <exception cref="ArgumentException">A peer belongs to another network.</exception>
    public void Heal(Moq a, Moq b) => Heal(EndpointOf(a), EndpointOf(b));

    /// <summary>
    /// Kills a peer, as <see cref="Kill(InMemoryEndpoint)"/>: its own observers see every session end, then their streams fail with a
    /// <see cref="MoqException"/>; the sessions of the other peers time out.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <exception cref="ArgumentException">The peer belongs to another network.</exception>
    public void Kill(Moq peer) => Kill(EndpointOf(peer));
}
