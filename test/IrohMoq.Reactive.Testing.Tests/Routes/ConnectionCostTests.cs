using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Routes;

/// <summary><see cref="MoqOptions.ConnectionCost"/>: each side tells what a connection with it costs, and the other one adds it.</summary>
public sealed class ConnectionCostTests
{
    [TestCase("moq-lite-06", 15ul, 25ul, 9ul, 9ul)]
    [TestCase("moq-lite-05", 1ul, BroadcastRoute.MaxCost, 1ul, BroadcastRoute.MaxCost, Description = "There are no costs.")]
    public void CostOfEachSide_IsAddedByTheOther(string version, ulong warm, ulong cold, ulong warmBack, ulong coldBack) =>
        Scene.Run(async scene =>
        {
            var (alice, bob) = (Add(scene, "alice", 5, version), Add(scene, "bob", 9, version));
            using var costly = scene.Saying("hello");
            costly.SetCost(10, 20);
            alice.Moq.Publish("a", costly);
            bob.Moq.Publish("b", scene.Saying("hello"));
            var there = (await (await bob.ConnectAsync(alice)).SubscribeAsync("a")).Route;
            var back = (await (await alice.OpenSessionAsync()).SubscribeAsync("b")).Route;
            Assert.That((there.WarmCost, there.ColdCost), Is.EqualTo((warm, cold)));
            Assert.That((back.WarmCost, back.ColdCost), Is.EqualTo((warmBack, coldBack)));
        });

    [Test]
    public void EachConnectionOnTheWay_IsAdded() => Scene.Run(async scene =>
    {
        var (publisher, relay, reader) = (Add(scene, "publisher", 5), Add(scene, "relay", 9), Add(scene, "reader", 100));
        using var broadcast = scene.Saying("hello");
        broadcast.SetCost(10);
        publisher.Moq.Publish("a", broadcast);
        relay.Moq.Publish("a", await (await relay.ConnectAsync(publisher)).SubscribeAsync("a"));
        var route = (await (await reader.ConnectAsync(relay)).SubscribeAsync("a")).Route;
        Assert.That((route.WarmCost, route.ColdCost), Is.EqualTo((24ul, 24ul)));
    });

    /// <summary>Two relays have the broadcast, and the one that costs less is read from although it was connected first.</summary>
    [Test]
    public void CheaperWay_IsUsed([Values] bool isFirstCheaper) => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        var relays = new List<BroadcastConsumer>();
        var publisher = scene.Add("publisher");
        publisher.Moq.Publish("a", broadcast);
        foreach (var isCheaper in new[] { isFirstCheaper, !isFirstCheaper })
        {
            var relay = Add(scene, $"relay {relays.Count}", isCheaper ? 2ul : 50ul);
            relays.Add(await (await relay.ConnectAsync(publisher)).SubscribeAsync("a"));
            relay.Moq.Publish("a", relays[^1]);
            await reader.ConnectAsync(relay);
        }

        await scene.PauseAsync(1);
        var heard = Scene.HearAsync(await reader.Moq.SubscribeAsync("a"));
        await scene.PauseAsync(1);
        Assert.That(
            relays.ConvertAll(static relay => relay.Producer.ReaderCount.IsAny), Is.EqualTo(new[] { isFirstCheaper, !isFirstCheaper }));
        Scene.Say(track, "hello");
        Assert.That(await heard, Is.EqualTo("hello"));
    });

    [TestCase("moq-lite-06", 1ul, null, Description = "Who states none has 1.")]
    [TestCase("moq-lite-06", 0ul, 0ul)]
    [TestCase("moq-lite-06", BroadcastRoute.MaxCost, BroadcastRoute.MaxCost)]
    [TestCase("moq-lite-05", 7ul, null, Description = "There is no such parameter.")]
    public void Cost_IsStatedInSetup(string version, ulong cost, object? stated) => Scene.Run(async scene =>
    {
        _ = MoqVersions.TryFromAlpn(version, out var spoken);
        var (peer, raw) = (Add(scene, "peer", cost, version), scene.AddRaw("hand"));
        Assert.That((await ReadAsync(await raw.ConnectAsync(peer.Address, [version]))).Cost, Is.EqualTo(stated));
        var listening = scene.AddRaw("server", version);
        await using var alone = MoqSession.Connect(
            await scene.AddRaw("client").ConnectAsync(listening.Address, [version]), scene.Options with { ConnectionCost = cost });
        Assert.That((await ReadAsync(await listening.AcceptAsync())).Cost, Is.EqualTo(stated));

        async Task<Setup> ReadAsync(ITransportConnection connection)
        {
            var stream = await connection.AcceptUniAsync();
            using var reader = new MessageReader(stream, spoken);
            await reader.ReadTypeAsync();
            return (await reader.ReadAsync<Setup>())!.Value;
        }
    });

    [Test]
    public void CostThatCannotBeSent_IsRefused() =>
        Assert.That(() => new MoqOptions { ConnectionCost = BroadcastRoute.MaxCost + 1 }, Throws.TypeOf<ArgumentOutOfRangeException>());

    private static Player Add(Scene scene, string name, ulong cost, string version = "moq-lite-06") =>
        scene.Add(name, new MoqOptions { ConnectionCost = cost, Protocols = [version] });
}
