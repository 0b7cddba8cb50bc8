using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A publisher that provides the names below a prefix on request, relays that forward the prefix, and a reader that has a session with each
/// relay.
/// </summary>
internal sealed class RoomBehindRelays
{
    public const string Prefix = "room";
    public const string Name = "room/alice";

    private readonly MoqOptions _options = new() { Protocols = ["moq-lite-06"] };
    private readonly List<RoomRelay> _relays = [];

    private RoomBehindRelays(Scene scene, TimeSpan linger)
    {
        Scene = scene;
        Publisher = scene.Add("publisher", _options);
        Reader = scene.Add("reader", _options with { BroadcastLinger = linger });
        Sending = new Transmission(scene, Publisher);
        Offer = Serve();
    }

    public Scene Scene { get; }

    public Player Publisher { get; }

    public Player Reader { get; }

    public Transmission Sending { get; }

    /// <summary>Gets the object that withdraws the prefix at the publisher.</summary>
    public IDisposable Offer { get; }

    /// <summary>Gets the relay over which the reader reads now.</summary>
    public RoomRelay Used => _relays.Single(static relay => relay.Forwarded.Producer.ReaderCount.IsAny);

    /// <summary>Gets the relays over which the reader does not read.</summary>
    public IEnumerable<RoomRelay> Others => _relays.Where(static relay => !relay.Forwarded.Producer.ReaderCount.IsAny);

    public static void Run(Func<RoomBehindRelays, Task> body) => Run(TimeSpan.Zero, body);

    public static void Run(TimeSpan linger, Func<RoomBehindRelays, Task> body) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Scene.Latency), IdleTimeout = TimeSpan.FromSeconds(2),
        },
        async scene =>
        {
            var room = new RoomBehindRelays(scene, linger);
            await room.AddAsync("relay a");
            await room.AddAsync("relay b");
            await scene.PauseAsync(0.2);
            await body(room);
        });

    /// <summary>Offers the prefix at the publisher.</summary>
    public IDisposable Serve() =>
        Publisher.Moq.BroadcastRequests(Prefix).Subscribe(request => request.Accept(Sending.Broadcast), static _ => { });

    /// <summary>Adds a relay, to which the reader gets a session.</summary>
    public async Task<RoomRelay> AddAsync(string name)
    {
        var player = Scene.Add(name, _options);
        var upstream = await player.ConnectAsync(Publisher);
        var publication = player.Moq.Publish(Prefix, await upstream.SubscribeAsync(Prefix));
        var forwarded = await upstream.RequestBroadcastAsync(Name);
        var relay = new RoomRelay(player, upstream, forwarded, publication, await Reader.ConnectAsync(player));
        _relays.Add(relay);
        return relay;
    }

    /// <summary>Begins to read a track, and returns when a second of it has been read.</summary>
    public async Task<Task<List<int>>> BeginAsync(string track)
    {
        var reading = Transmission.ReadAsync(await Reader.Moq.RequestBroadcastAsync(Name), track);
        await Scene.PauseAsync(1);
        return reading;
    }
}

/// <summary>A relay of <see cref="RoomBehindRelays"/>.</summary>
/// <param name="Player">The relay.</param>
/// <param name="Upstream">Its session with the publisher.</param>
/// <param name="Forwarded">The broadcast below the prefix that it reads for the reader.</param>
/// <param name="Publication">Withdraws the prefix.</param>
/// <param name="Session">The session of the reader with the relay.</param>
internal sealed record RoomRelay(
    Player Player, MoqSession Upstream, BroadcastConsumer Forwarded, IDisposable Publication, MoqSession Session);
