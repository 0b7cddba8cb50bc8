using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>Groups that a peer fetches from one that has them from another: from its cache, or from there.</summary>
public sealed class RelayedFetchTests
{
    private static readonly string[] Versions = Fetching.Versions;

    [Test]
    public void GroupThatTheRelayNeverRead_ComesFromTheOrigin([ValueSource(nameof(Versions))] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            test.Put("a");
            test.Put("b");
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo("0: a0 a1 a2"));
            // Without FETCH, the relay reads the group by a subscription, which has to end before another one can begin earlier.
            await test.Scene.PauseAsync(1);
            Assert.That(await Fetching.FetchAsync(test.Remote, 0, new FetchOptions { FirstFrame = 2 }), Is.EqualTo("0: a2"));
            Assert.That(await Fetching.FetchAsync(test.Remote, 7), Is.EqualTo(test.NotFound));
            Assert.That(await Fetching.FetchAsync(test.RemoteBroadcast.Track("nothing"), 0), Is.EqualTo("13 (not found)"));
        },
        isRelayed: true);

    [Test]
    public void GroupThatIsWritten_ArrivesThroughTheRelayAsItGrows([ValueSource(nameof(Versions))] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 1);
            using var group = await test.Remote.FetchAsync(0);
            var frames = group.ReadFramesAsync().GetAsyncEnumerator();
            Assert.That(await frames.MoveNextAsync(), Is.True);
            Fetching.Write(open, "a", 1, from: 1);
            var began = test.Scene.Seconds;
            Assert.That(await frames.MoveNextAsync(), Is.True);
            Assert.That(test.Scene.Seconds - began, Is.EqualTo(2 * Scene.Latency).Within(0.001));
            open.Finish();
            Assert.That(await frames.MoveNextAsync(), Is.False);
        },
        isRelayed: true);

    [Test]
    public void PeerThatLeavesTheGroup_EndsItAtTheOrigin([Values("moq-lite-05", "moq-lite-06")] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 1);
            (await test.Remote.FetchAsync(0)).Dispose();
            await test.Scene.PauseAsync(0.2);
            lock (test.Track.Gate)
                Assert.That(test.Track.State.Cache.Newest!.Readers.IsAny, Is.False);
        },
        isRelayed: true);

    /// <summary>The relay has the group from a subscription, so the origin is not asked, even if it keeps the group no longer.</summary>
    [Test]
    public void GroupThatTheRelayKeeps_ComesFromThere([ValueSource(nameof(Versions))] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            test.Put("a");
            using var reader = test.Remote.Open();
            var newest = (await reader.ReadGroupAsync())!.Keep();
            Assert.That(await Fetching.ReadAsync(newest), Is.EqualTo("a0 a1 a2"));
            test.Scene.Network.Partition(test.Alice.Moq, test.Bob.Moq);
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo("0: a0 a1 a2"));
        },
        isRelayed: true);

    /// <summary>The properties of a track do not change, whether the relay asks the origin for them or reads the track already.</summary>
    [Test]
    public void PropertiesOfTheTrack_AreThoseOfTheOrigin([Values("moq-lite-05", "moq-lite-06")] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            _ = MoqVersions.TryFromAlpn(test.Session.Protocol, out var version);
            var hand = test.Scene.AddRaw("hand", test.Session.Protocol);
            var connection = await hand.ConnectAsync(test.Bob.Address, [test.Session.Protocol]);
            var before = await AskAsync();
            test.Put("a");
            using var reader = test.Remote.Open();
            Assert.That((await reader.ReadGroupAsync())?.Sequence, Is.Zero);
            var origin = new TrackInfo(77, Ordered: version == MoqVersion.Lite05, MaxLatency: 5_000, Timescale: 90_000);
            Assert.That((before, await AskAsync()), Is.EqualTo(((TrackInfo?)origin, (TrackInfo?)origin)));

            async Task<TrackInfo?> AskAsync()
            {
                var stream = await connection.OpenBidiAsync();
                await stream.Send.WriteOpeningAsync(new TrackRequest("y", "t"), version);
                using var answer = new MessageReader(stream.Receive, version);
                return await answer.ReadAsync<TrackInfo>();
            }
        },
        new TrackOptions { Priority = 77, Timescale = 90_000 },
        isRelayed: true);

    [Test]
    public void OriginThatIsLost_EndsTheGroup([Values("moq-lite-05", "moq-lite-06")] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 1);
            using var group = await test.Remote.FetchAsync(0);
            test.Scene.Network.Kill(test.Alice.Moq);
            Assert.That(await Fetching.ReadAsync(group), Does.StartWith("a0 "));
        },
        isRelayed: true);
}
