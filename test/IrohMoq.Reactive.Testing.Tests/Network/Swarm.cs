using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Network;

/// <summary>A small world in which everything that can happen to a connection happens, at times drawn from the seed.</summary>
internal sealed class Swarm : IDisposable
{
    private const string Protocol = "swarm";
    private const int Peers = 8;

    private readonly InMemoryNetwork _network;
    private readonly InMemoryEndpoint[] _peers;
    private readonly Random _chance;
    private readonly CancellationTokenSource _over = new();

    private Swarm(int seed)
    {
        _network = new InMemoryNetwork(new TestScheduler(), seed)
        {
            Latency = TimeSpan.FromMilliseconds(15),
            Jitter = TimeSpan.FromMilliseconds(10),
            Bandwidth = 2_000_000,
            IdleTimeout = TimeSpan.FromSeconds(3),
            DialTimeout = TimeSpan.FromSeconds(2),
        };
        _chance = new Random(seed);
        _peers = [.. Enumerable.Range(0, Peers).Select(i => _network.AddEndpoint($"peer {i}"))];
    }

    public static NetworkTrace Run(int seed)
    {
        using var swarm = new Swarm(seed);
        swarm._network.Run(swarm.LiveAsync);
        return swarm._network.Trace;
    }

    public void Dispose() => _over.Dispose();

    private async Task LiveAsync()
    {
        var lives = _peers.SelectMany(peer => new[] { AcceptAsync(peer), DialAsync(peer, new Random(_chance.Next())) }).ToList();
        lives.Add(DisturbAsync());
        await _network.Runtime.DelayAsync(TimeSpan.FromSeconds(20));
        _over.Cancel();
        foreach (var peer in _peers)
            await peer.DisposeAsync();
        await Task.WhenAll(lives);
    }

    private async Task DisturbAsync()
    {
        for (var i = 0; i < 12; i++)
        {
            await PauseAsync(_chance, 1000);
            var (a, b) = (_peers[_chance.Next(Peers)], _peers[_chance.Next(Peers)]);
            if (a == b)
                continue;
            _network.Partition(a, b);
            await PauseAsync(_chance, 5000);
            _network.Heal(a, b);
        }

        _network.Kill(_peers[^1]);
    }

    private async Task DialAsync(InMemoryEndpoint peer, Random chance)
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await PauseAsync(chance, 300);
                using var limit = _network.Runtime.Limit(TimeSpan.FromMilliseconds(chance.Next(20, 3000)), _over.Token);
                await using var connection = await peer.ConnectAsync(_peers[chance.Next(Peers)].Address, [Protocol], limit.Token);
                for (var i = chance.Next(5); i >= 0; i--)
                    await AskAsync(connection, chance, limit.Token);
                connection.Close((ulong)chance.Next(10), "done");
            }
            catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
            {
                _network.Trace.Add(peer.Name, $"gave up: {end.GetType().Name}");
                if (end is ObjectDisposedException)
                    return;
            }
        }
    }

    private static async Task AskAsync(ITransportConnection connection, Random chance, CancellationToken cancellationToken)
    {
        var stream = await connection.OpenBidiAsync(cancellationToken);
        await stream.Send.WriteAsync(new byte[chance.Next(1, 100_000)], cancellationToken);
        if (chance.Next(4) == 0)
            stream.Send.Reset((ulong)chance.Next(100));
        else
            stream.Send.Finish();
        var buffer = new byte[10_000];
        while (await stream.Receive.ReadAsync(buffer, cancellationToken) > 0)
        {
            if (chance.Next(30) == 0)
                stream.Receive.Stop(3);
        }
    }

    private async Task AcceptAsync(InMemoryEndpoint peer)
    {
        peer.Listen([Protocol]);
        try
        {
            while (true)
                _ = ServeAsync(await peer.AcceptAsync());
        }
        catch (ObjectDisposedException)
        {
            _network.Trace.Add(peer.Name, "accepts no more");
        }
    }

    private static async Task ServeAsync(ITransportConnection connection)
    {
        try
        {
            while (true)
                _ = EchoAsync(await connection.AcceptBidiAsync());
        }
        catch (TransportClosedException)
        {
            // Every connection ends in this way.
        }
    }

    private static async Task EchoAsync(BidiStream stream)
    {
        try
        {
            var buffer = new byte[4096];
            while (await stream.Receive.ReadAsync(buffer) is > 0 and var count)
                await stream.Send.WriteAsync(buffer.AsMemory(0, count));
            stream.Send.Finish();
        }
        catch (TransportStreamException)
        {
            stream.Send.Reset(1);
            stream.Receive.Stop(1);
        }
        catch (TransportClosedException)
        {
            // The caller has gone.
        }
    }

    private ValueTask PauseAsync(Random chance, int mostMilliseconds) =>
        _network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(chance.Next(1, mostMilliseconds)), CancellationToken.None);
}
