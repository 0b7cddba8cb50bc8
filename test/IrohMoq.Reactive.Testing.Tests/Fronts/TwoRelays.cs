using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A publisher, two relays that forward its broadcast, and a reader that has a session with each relay and waits for the broadcast by name.
/// </summary>
internal sealed class TwoRelays
{
    public const string Name = "studio";

    /// <summary>The versions in which the origin of a broadcast is known.</summary>
    public static readonly string[] Versions = ["moq-lite-04", "moq-lite-05", "moq-lite-06"];

    private readonly List<Relay> _relays = [];

    private TwoRelays(Scene scene, string version, TimeSpan linger)
    {
        Scene = scene;
        Options = new MoqOptions { Protocols = [version] };
        Publisher = scene.Add(Name, Options);
        Reader = scene.Add("reader", Options with { BroadcastLinger = linger });
        Sending = new Transmission(scene, Publisher);
    }

    public Scene Scene { get; }

    public MoqOptions Options { get; }

    public Player Publisher { get; }

    public Player Reader { get; }

    public Transmission Sending { get; }

    /// <summary>Gets the relay over which the reader reads now.</summary>
    public Relay Used => _relays.Single(static relay => relay.Forwarded.Producer.ReaderCount.IsAny);

    /// <summary>Gets the relay over which the reader does not read.</summary>
    public Relay Other => _relays.Single(static relay => !relay.Forwarded.Producer.ReaderCount.IsAny);

    public static void Run(string version, Func<TwoRelays, Task> body) => Run(version, TimeSpan.Zero, body);

    public static void Run(string version, TimeSpan linger, Func<TwoRelays, Task> body) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Scene.Latency), IdleTimeout = TimeSpan.FromSeconds(2),
        },
        async scene =>
        {
            var relays = new TwoRelays(scene, version, linger);
            await relays.AddAsync("relay a");
            await relays.AddAsync("relay b");
            await scene.PauseAsync(0.2);
            await body(relays);
        });

    /// <summary>Adds a relay, to which the reader gets a session.</summary>
    public async Task<Relay> AddAsync(string name)
    {
        var player = Scene.Add(name, Options);
        var upstream = await player.ConnectAsync(Publisher);
        var forwarded = await upstream.SubscribeAsync(Name);
        var publication = player.Moq.Publish(Name, forwarded);
        var relay = new Relay(player, upstream, forwarded, publication, await Reader.ConnectAsync(player));
        _relays.Add(relay);
        return relay;
    }

    public Task<BroadcastConsumer> SubscribeAsync() => Reader.Moq.SubscribeAsync(Name);

    /// <summary>Begins to read a track, and returns when a second of it has been read.</summary>
    public async Task<Task<List<int>>> BeginAsync(string track)
    {
        var reading = Transmission.ReadAsync(await SubscribeAsync(), track);
        await Scene.PauseAsync(1);
        return reading;
    }

    public static void AssertWhole(List<int> read) =>
        Assert.That(read.Order(), Is.EqualTo(Enumerable.Range(0, Transmission.Groups)), "every group, once, whole");
}

/// <summary>A relay of <see cref="TwoRelays"/>.</summary>
/// <param name="Player">The relay.</param>
/// <param name="Upstream">Its session with the publisher.</param>
/// <param name="Forwarded">The broadcast that it forwards.</param>
/// <param name="Publication">Withdraws the broadcast.</param>
/// <param name="Session">The session of the reader with the relay.</param>
internal sealed record Relay(
    Player Player, MoqSession Upstream, BroadcastConsumer Forwarded, IDisposable Publication, MoqSession Session);
