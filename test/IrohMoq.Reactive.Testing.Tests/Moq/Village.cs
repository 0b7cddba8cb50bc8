using System.Globalization;
using System.Text;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Runs twenty peers, each of which publishes, dials some of the others and reads their broadcasts, while links are cut and healed and
/// one peer is killed; at the end all shut down. All random numbers are drawn from the seed.
/// </summary>
internal sealed class Village
{
    public const int Peers = 20;

    private const int Friends = 3;
    private const int Groups = 8;
    private const int Cuts = 30;

    private readonly TestScheduler _time = new();
    private readonly Stage _stage;
    private readonly Random _chance;
    private Followed[] _peers = [];

    private Village(int seed)
    {
        _chance = new Random(seed);
        _stage = new Stage(new InMemoryNetwork(_time, seed)
        {
            Latency = TimeSpan.FromMilliseconds(15),
            Jitter = TimeSpan.FromMilliseconds(10),
            Bandwidth = 2_000_000,
            IdleTimeout = TimeSpan.FromSeconds(3),
            DialTimeout = TimeSpan.FromSeconds(2),
        });
    }

    public IReadOnlyList<string> Alarms => _stage.Alarms;

    public NetworkTrace Trace => _stage.Network.Trace;

    /// <summary>Gets the number of lines when all peers had shut down.</summary>
    public long LinesAtShutdown { get; private set; }

    public static Village Run(int seed)
    {
        var village = new Village(seed);
        village._stage.Network.Run(village.RunAsync);
        village.LinesAtShutdown = village.Trace.Count;
        village._time.AdvanceBy(TimeSpan.FromHours(1).Ticks);
        return village;
    }

    private async Task RunAsync()
    {
        _peers = [.. Enumerable.Range(0, Peers).Select(i => _stage.Add(string.Create(CultureInfo.InvariantCulture, $"p{i:00}")))];
        // Each peer has random numbers of its own: one more draw of a peer does not change those of the others.
        var lives = _peers.SelectMany(
            peer => new[] { PublishAsync(peer, new Random(_chance.Next())), ReadAllAsync(peer, new Random(_chance.Next())) })
            .Append(DisturbAsync())
            .ToArray();
        await Task.WhenAll(lives);
        await Task.WhenAll(_peers.Select(static peer => peer.DisposeAsync().AsTask()));
        // Observers are called in steps of their own, the last of them at this time, but not all before the shutdown returns.
        await _stage.PauseAsync(0.001);
    }

    private async Task PublishAsync(Followed peer, Random chance)
    {
        await PauseAsync(chance, 500);
        using var broadcast = new BroadcastProducer(_stage.Network.Runtime);
        var track = broadcast.CreateTrack("news");
        using var live = peer.Moq.Publish(NameFor(peer), broadcast);
        for (var g = 0; g < Groups; g++)
        {
            await PauseAsync(chance, 400);
            using var group = track.AppendGroup();
            for (var f = chance.Next(4); f >= 0; f--)
                group.Write(Encoding.UTF8.GetBytes($"{g} {new string('x', chance.Next(1, 40))}"));
            group.Finish();
        }

        track.Finish();
        // A peer that still waits for the broadcast finds it for a while.
        await PauseAsync(chance, 2000);
    }

    private async Task ReadAllAsync(Followed peer, Random chance)
    {
        await PauseAsync(chance, 500);
        var friends = Enumerable.Range(0, Friends).Select(_ => _peers[chance.Next(Peers)]).ToArray();
        await Task.WhenAll(friends.Select(friend => ReadAsync(peer, friend)));
    }

    private async Task ReadAsync(Followed peer, Followed friend)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(8), _stage.Network.Runtime);
        try
        {
            var session = await peer.ConnectAsync(friend, limit.Token);
            await peer.ReadAsync(session, NameFor(friend), "news", limit.Token);
        }
        catch (Exception end) when (end is MoqException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            peer.Write($"gives {friend.Name} up: {end.GetType().Name} {end.Message}");
        }
    }

    private async Task DisturbAsync()
    {
        await _stage.PauseAsync(1);
        for (var i = 0; i < Cuts; i++)
        {
            var (a, b) = (_peers[_chance.Next(Peers)], _peers[_chance.Next(Peers)]);
            if (a == b)
                continue;
            _stage.Network.Partition(a.Moq, b.Moq);
            await PauseAsync(_chance, 100);
            if (i % 2 == 0)
                _stage.Network.Heal(a.Moq, b.Moq);
        }

        _stage.Network.Kill(_peers[^1].Moq);
    }

    private ValueTask PauseAsync(Random chance, int mostMilliseconds) => _stage.PauseAsync(chance.Next(mostMilliseconds) / 1000.0);

    private static BroadcastPath NameFor(Followed peer) => $"news/{peer.Name}";
}
