namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>A group that is fetched goes on when its connection makes way for another one of the session.</summary>
public sealed class MovedFetchTests
{
    private static readonly string[] Versions = ["moq-lite-05", "moq-lite-06"];

    [Test]
    public void Goaway_TheRestComesOverTheNewConnection_AndNoFrameTwice([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var group = test.Track.AppendGroup();
            Fetching.Write(group, "a", 3);
            var left = test.Session.Connection;
            var reading = Fetching.ReadAsync(await test.Remote.FetchAsync(0));
            await test.Scene.PauseAsync(1);
            var leaving = (await test.Alice.OpenSessionAsync()).GoAwayAsync(timeout: TimeSpan.FromSeconds(8));
            await test.Scene.PauseAsync(0.5);
            Fetching.Write(group, "a", 2, from: 3);
            Assert.That(await leaving, Is.True, "the fetch does not hold the connection");
            Assert.That((left.Closed.IsCompleted, test.Session.Connection == left), Is.EqualTo((true, false)));
            Fetching.Write(group, "a", 2, from: 5);
            group.Finish();
            Assert.That(await reading, Is.EqualTo("a0 a1 a2 a3 a4 a5 a6"));
            Assert.That((test.Bob.Events, test.Session.Closed.IsCompleted), Is.EqualTo((new[] { "opens" }, false)));
        });

    [Test]
    public void FirstFrameThatWasAskedFor_IsTheBaseOfTheRest([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var group = test.Track.AppendGroup();
            Fetching.Write(group, "a", 4);
            var reading = Fetching.ReadAsync(await test.Remote.FetchAsync(0, new FetchOptions { FirstFrame = 2 }));
            await test.Scene.PauseAsync(1);
            Assert.That(await (await test.Alice.OpenSessionAsync()).GoAwayAsync(), Is.True);
            Fetching.Write(group, "a", 2, from: 4);
            group.Finish();
            Assert.That(await reading, Is.EqualTo("a2 a3 a4 a5"));
        });

    /// <summary>Everything has arrived but the end of the group.</summary>
    [Test]
    public void GroupWithoutAFurtherFrame_EndsOverTheNewConnection([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var group = test.Track.AppendGroup();
            Fetching.Write(group, "a", 2);
            var reading = Fetching.ReadAsync(await test.Remote.FetchAsync(0));
            await test.Scene.PauseAsync(1);
            Assert.That(await (await test.Alice.OpenSessionAsync()).GoAwayAsync(timeout: TimeSpan.FromSeconds(8)), Is.True);
            group.Finish();
            Assert.That(await reading, Is.EqualTo("a0 a1"));
        });

    [Test]
    public void GroupThatThePublisherNoLongerKeeps_BreaksOff([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var group = test.Track.AppendGroup();
            Fetching.Write(group, "a", 2);
            var reading = Fetching.ReadAsync(await test.Remote.FetchAsync(0));
            await test.Scene.PauseAsync(1);
            var leaving = (await test.Alice.OpenSessionAsync()).GoAwayAsync(timeout: TimeSpan.FromSeconds(8));
            group.Abort(MoqErrorCode.FromApplication(7));
            Assert.That(await leaving, Is.True);
            Assert.That(await reading, Does.StartWith("a0 a1 ").And.Not.EqualTo("a0 a1"));
        });

    [Test]
    public void ReaderThatLeavesMeanwhile_LeavesNothing([ValueSource(nameof(Versions))] string version) =>
        Fetching.Run(version, static async test =>
        {
            using var group = test.Track.AppendGroup();
            Fetching.Write(group, "a", 2);
            var fetched = await test.Remote.FetchAsync(0);
            await test.Scene.PauseAsync(1);
            var leaving = (await test.Alice.OpenSessionAsync()).GoAwayAsync(timeout: TimeSpan.FromSeconds(8));
            await test.Scene.PauseAsync(0.02);
            fetched.Dispose();
            Assert.That(await leaving, Is.True);
            await test.Scene.PauseAsync(1);
            lock (test.Track.Gate)
                Assert.That(test.Track.State.Cache.Newest!.Readers.IsAny, Is.False);
            foreach (var player in new[] { test.Alice, test.Bob })
                Assert.That((await player.OpenSessionAsync()).Shared.Connections.All, Has.Length.EqualTo(1));
        });

    [Test]
    public void EndOfTheSession_EndsTheGroup([ValueSource(nameof(Versions))] string version) => Fetching.Run(version, static async test =>
    {
        using var group = test.Track.AppendGroup();
        Fetching.Write(group, "a", 2);
        var reading = Fetching.ReadAsync(await test.Remote.FetchAsync(0));
        await test.Scene.PauseAsync(1);
        test.Session.Close();
        Assert.That(await reading, Does.StartWith("a0 a1 ").And.Not.EqualTo("a0 a1"));
    });

    /// <summary>Both peers dial at once, so that one of the two connections makes way for the other.</summary>
    [Test]
    public void SupersededConnection_TheRestComesOverTheOther(
        [ValueSource(nameof(Versions))] string version, [Values] bool isSmallerFirst, [Values(0, 2000, 2990)] int skew) =>
        Scene.Run(async scene =>
        {
            var (small, great) = scene.AddPair(new MoqOptions { Protocols = [version] });
            var (first, second) = isSmallerFirst ? (small, great) : (great, small);
            var groups = new List<GroupProducer>();
            var there = first.ConnectAsync(second);
            await scene.PauseAsync(skew * Scene.Latency / 1000);
            var back = second.ConnectAsync(first);
            var reading = new[] { ReadAsync(second, there), ReadAsync(first, back) };
            await scene.PauseAsync(4);
            Assert.That((small.Endpoint.Connected.Count, great.Endpoint.Connected.Count), Is.EqualTo((1, 1)), "the fetches hold nothing");
            foreach (var group in groups)
            {
                Fetching.Write(group, "a", 2, from: 2);
                group.Finish();
            }

            Assert.That(await Task.WhenAll(reading), Is.EqualTo(new[] { "a0 a1 a2 a3", "a0 a1 a2 a3" }));
            Assert.That((small.Closures, great.Closures), Is.EqualTo((Array.Empty<SessionClosed>(), Array.Empty<SessionClosed>())));

            async Task<string> ReadAsync(Player from, Task<MoqSession> dial)
            {
                var broadcast = scene.Broadcast();
                from.Moq.Publish(from.Endpoint.Name, broadcast);
                var group = broadcast.CreateTrack("t").AppendGroup();
                groups.Add(group);
                Fetching.Write(group, "a", 2);
                var remote = await (await dial).SubscribeAsync(from.Endpoint.Name);
                return await Fetching.ReadAsync(await remote.Track("t").FetchAsync(0));
            }
        });

    /// <summary>A peer that has lost its connection dials again, and this side has not noticed the loss: a new session begins.</summary>
    [Test]
    public void PeerThatDialsOnceMore_TheRestComesOverTheNewSession([ValueSource(nameof(Versions))] string version) =>
        Scene.Run(async scene =>
        {
            var alice = scene.Add("alice", new MoqOptions { Protocols = [version] });
            var raw = scene.AddRaw("bob");
            var origin = new OriginProducer(scene.Network.Runtime);
            using var broadcast = scene.Broadcast();
            using var live = origin.Publish("x", broadcast.Consume());
            using var group = broadcast.CreateTrack("t").AppendGroup();
            Fetching.Write(group, "a", 2);
            await using var first = MoqSession.Connect(await raw.ConnectAsync(alice.Address, [version]), Options(), origin);
            await scene.PauseAsync(0.2);
            var remote = await (await alice.OpenSessionAsync()).SubscribeAsync("x");
            var reading = Fetching.ReadAsync(await remote.Track("t").FetchAsync(0));
            await scene.PauseAsync(1);
            await using var second = MoqSession.Connect(await raw.ConnectAsync(alice.Address, [version]), Options(), origin);
            await scene.PauseAsync(4);
            Assert.That((first.Closed.IsCompleted, second.Closed.IsCompleted), Is.EqualTo((true, false)));
            Fetching.Write(group, "a", 1, from: 2);
            group.Finish();
            Assert.That(await reading, Is.EqualTo("a0 a1 a2"));

            // With the same seed, both connections state the same hop, as those of one process.
            MoqOptions Options() => scene.Options with { Seed = 5 };
        });
}
