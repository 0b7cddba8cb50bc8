using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A publisher, and relays each of which publishes what it reads by name over all of its sessions, also to the peers that it reads from.
/// </summary>
internal sealed class RelayMesh
{
    public const string Name = "studio";

    private readonly MoqOptions _options;

    private RelayMesh(Scene scene, string version)
    {
        Scene = scene;
        _options = new MoqOptions { Protocols = [version] };
        Publisher = scene.Add(Name, _options);
        Sending = new Transmission(scene, Publisher);
    }

    public Scene Scene { get; }

    public Player Publisher { get; }

    public Transmission Sending { get; }

    public static void Run(string version, Func<RelayMesh, Task> body) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Scene.Latency), IdleTimeout = TimeSpan.FromSeconds(2),
        },
        scene => body(new RelayMesh(scene, version)));

    /// <summary>Adds a relay.</summary>
    public MeshRelay Add(string name) => new(Scene.Add(name, _options));
}

/// <summary>A relay that publishes every broadcast of one name that it reads.</summary>
internal sealed class MeshRelay
{
    public MeshRelay(Player player)
    {
        Player = player;
        player.Moq.WatchBroadcast(RelayMesh.Name).Subscribe(Forward, static _ => { });
    }

    public Player Player { get; }

    /// <summary>Gets or sets the session with the publisher.</summary>
    public MoqSession Upstream { get; set; } = null!;

    /// <summary>Gets the broadcasts that the relay has had, the newest one last.</summary>
    public List<BroadcastConsumer> Had { get; } = [];

    /// <summary>Gets a value indicating whether the newest broadcast is live.</summary>
    public bool IsLive => Had.Count > 0 && Had[^1].Producer.Ended is null;

    public Task<MoqSession> ConnectAsync(Player to) => Player.ConnectAsync(to);

    /// <summary>Returns the session with another relay.</summary>
    public async Task<MoqSession> SessionAsync(MeshRelay with)
    {
        await foreach (var sessions in Player.Moq.ReadOpenSessionsAsync())
            return sessions.Single(session => session.RemoteId == with.Player.Id);
        throw new AssertionException("The relay has no session.");
    }

    /// <summary>Reads a track as an application of the relay does.</summary>
    public async Task<List<int>> ReadAsync(string track) =>
        await Transmission.ReadAsync(await Player.Moq.SubscribeAsync(RelayMesh.Name), track);

    private void Forward(BroadcastConsumer broadcast)
    {
        Had.Add(broadcast);
        Player.Moq.Publish(RelayMesh.Name, broadcast);
    }
}
