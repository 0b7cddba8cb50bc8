using System.Net;

namespace IrohMoq.Reactive.Testing;

/// <content>Contains the members for peers. A peer is an endpoint of the network with a <see cref="Moq"/> manager.</content>
public sealed partial class InMemoryNetwork
{
    private readonly Dictionary<Moq, InMemoryEndpoint> _byPeer = [];

    /// <summary>
    /// Adds a peer that can dial and be dialed: an endpoint, as with <see cref="AddEndpoint"/>, and a manager that uses this endpoint and
    /// runs on the <see cref="Scheduler"/> of the network. Create the broadcasts of the peer with the <see cref="Runtime"/> of the network.
    /// Shutting down the manager does not close the endpoint.
    /// </summary>
    /// <param name="name">The name of the peer in the trace. Its id is derived from the seed and this name.</param>
    /// <param name="options">
    /// The options of the manager; <see langword="null"/> for the defaults. The scheduler is replaced by the scheduler of the network. If
    /// no seed is specified, it is derived from the seed of the network and the name.
    /// </param>
    /// <returns>The manager of the peer. The caller shuts it down; the network does not.</returns>
    /// <exception cref="ArgumentException">An endpoint with that name is open, or the name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of range. The message contains its name, and no endpoint is added.
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
    /// Restarts a peer, which simulates a process that is started again on the same port with the same key: kills the peer if its endpoint
    /// is open, and adds a peer with the same name, id and address. On the other peers, the connections to the killed peer time out.
    /// </summary>
    /// <param name="peer">A peer that <see cref="AddPeer"/> or this method has returned.</param>
    /// <param name="options">The options of the new manager, as for <see cref="AddPeer"/>; <see langword="null"/> for the defaults.</param>
    /// <returns>The new manager.</returns>
    /// <exception cref="ArgumentException">The peer belongs to another network, or another endpoint listens on its address.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of range. The message contains its name, and the old peer has nevertheless been killed.
    /// </exception>
    public Moq RestartPeer(Moq peer, MoqOptions? options = null)
    {
        var endpoint = EndpointOf(peer);
        if (!endpoint.IsOver)
            Kill(endpoint);
        return StartPeer(endpoint.Name, options, endpoint.Address.Addresses[0]);
    }

    /// <summary>Gets the endpoint of a peer. Disposing the endpoint removes the peer from the network.</summary>
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

    /// <summary>Gets the address at which a peer can be dialed.</summary>
    /// <param name="peer">The peer.</param>
    /// <returns>The id and the address of the peer.</returns>
    /// <exception cref="ArgumentException">The peer belongs to another network.</exception>
    public EndpointAddr AddressOf(Moq peer) => EndpointOf(peer).Address;

    /// <summary>
    /// Cuts the link between two peers, as does <see cref="Partition(InMemoryEndpoint, InMemoryEndpoint)"/>. After
    /// <see cref="IdleTimeout"/> their sessions end with <see cref="SessionEndCause.TimedOut"/>.
    /// </summary>
    /// <param name="a">One peer.</param>
    /// <param name="b">The other peer.</param>
    /// <exception cref="ArgumentException">A peer belongs to another network.</exception>
    public void Partition(Moq a, Moq b) => Partition(EndpointOf(a), EndpointOf(b));

    /// <summary>Restores the link between two peers, as does <see cref="Heal(InMemoryEndpoint, InMemoryEndpoint)"/>.</summary>
    /// <param name="a">One peer.</param>
    /// <param name="b">The other peer.</param>
    /// <exception cref="ArgumentException">A peer belongs to another network.</exception>
    public void Heal(Moq a, Moq b) => Heal(EndpointOf(a), EndpointOf(b));

    /// <summary>
    /// Kills a peer, as does <see cref="Kill(InMemoryEndpoint)"/>. The observers of the killed peer receive the end of every session, then
    /// their streams fail with a <see cref="MoqException"/>. The sessions of the other peers time out.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <exception cref="ArgumentException">The peer belongs to another network.</exception>
    public void Kill(Moq peer) => Kill(EndpointOf(peer));
}
