namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>What is finished before the shutdown arrives; what goes on does not hold it up.</summary>
public sealed class DeliveryTests
{
    [Test]
    public void FinishThenDispose_EverythingArrives([Range(0, 9)] int round, [Values(20, 3_000_000)] int bytes) => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var (track, reading) = await BeginAsync(scene, alice, bob);
        await scene.PauseAsync(round * Scene.Latency / 4);
        using (var group = track.AppendGroup())
        {
            group.Write(new byte[bytes]);
            group.Finish();
        }

        track.Finish();
        var began = scene.Seconds;
        await alice.Moq.DisposeAsync();
        Assert.That(scene.Seconds - began, Is.LessThan(1), "no longer than it takes");
        Assert.That(await reading, Is.EqualTo((bytes, "to its end")));
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 0", "complete" }));
    });

    [TestCase(0)]
    [TestCase(2)]
    public void TrackThatIsNotFinished_HoldsUpTheShutdownForTheGoawayTimeout(int seconds) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { GoawayTimeout = TimeSpan.FromSeconds(seconds) };
        var (alice, bob) = (scene.Add("alice", options), scene.Add("bob"));
        var (_, reading) = await BeginAsync(scene, alice, bob);
        var began = scene.Seconds;
        await alice.Moq.DisposeAsync();
        Assert.That(scene.Seconds - began, Is.EqualTo(seconds).Within(0.001));
        Assert.That((await reading).End, Is.EqualTo(nameof(MoqSessionClosedException)));
    });

    [Test]
    public void PeerThatCannotBeReached_HoldsUpTheShutdownForAPartOfItsTime() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var (track, _) = await BeginAsync(scene, alice, bob);
        scene.Network.Partition(alice.Moq, bob.Moq);
        track.Finish();
        var began = scene.Seconds;
        await alice.Moq.DisposeAsync();
        Assert.That(scene.Seconds - began, Is.EqualTo(4).Within(0.001));
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 0", "complete" }), "there is time to tell");
    });

    [Test]
    public void SessionWithoutHandles_DeliversBeforeItCloses() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice", new MoqOptions { Linger = TimeSpan.Zero }), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await alice.ConnectAsync(bob);
        await scene.PauseAsync(1);
        var reading = ReadAsync(await (await bob.ConnectAsync(alice)).SubscribeAsync("x"));
        await track.WaitForSubscriberAsync();
        using (var group = track.AppendGroup())
        {
            group.Write(new byte[3_000_000]);
            group.Finish();
        }

        track.Finish();
        await session.DisposeAsync();
        Assert.That(await reading, Is.EqualTo((3_000_000, "to its end")));
    });

    private static async Task<(TrackProducer Track, Task<(int Bytes, string End)> Reading)> BeginAsync(
        Scene scene, Player publisher, Player subscriber)
    {
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        publisher.Moq.Publish("x", broadcast);
        var session = await subscriber.ConnectAsync(publisher);
        var reading = ReadAsync(await session.SubscribeAsync("x"));
        await track.WaitForSubscriberAsync();
        return (track, reading);
    }

    private static async Task<(int Bytes, string End)> ReadAsync(BroadcastConsumer broadcast)
    {
        var bytes = 0;
        try
        {
            await foreach (var group in broadcast.Track("t").ReadGroupsAsync())
            {
                await foreach (var frame in group.ReadFramesAsync())
                    bytes += frame.Length;
            }

            return (bytes, "to its end");
        }
        catch (MoqException end)
        {
            return (bytes, end.GetType().Name);
        }
    }
}
