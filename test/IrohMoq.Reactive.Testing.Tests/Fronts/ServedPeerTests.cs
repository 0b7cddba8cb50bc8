using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A peer from which a broadcast is read may read it here as well: it is served from a source that does not lead through it, and refused if
/// there is none, while all other readers go on.
/// </summary>
public sealed class ServedPeerTests
{
    private static readonly string[] Versions = TwoRelays.Versions;

    [Test]
    public void PeerThatIsASource_IsServedFromTheOtherOne_ToWhichAllReadersMove(
        [ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var (reading, front) = await PublishAsync(relays);
        var used = relays.Used;
        var served = Transmission.ReadAsync(await AskAsync(relays, used), "live");
        await relays.Scene.PauseAsync(0.5);
        Assert.That(relays.Used, Is.Not.SameAs(used), "What the peer reads must not come from it.");
        TwoRelays.AssertWhole(await reading);
        Assert.That(await served, Is.Ordered.And.Not.Empty);
        Assert.That(front.Producer.Ended, Is.Null);
    });

    [Test]
    public void PeerThatIsTheLastSource_IsRefused_AndTheOtherReadersGoOn(
        [ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var (reading, _) = await PublishAsync(relays);
        var used = relays.Used;
        var served = Transmission.ReadAsync(await AskAsync(relays, used), "live");
        await relays.Scene.PauseAsync(0.5);
        relays.Used.Session.Close();
        var refused = await Failure.OfAsync<MoqException>(async () => await served);
        Assert.That(refused.Code, Is.EqualTo(MoqErrorCode.Unroutable));
        TwoRelays.AssertWhole(await reading);
        Assert.That(used.Session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void GroupIsFetchedForAPeer_OnlyFromTheOtherSource(
        [ValueSource(nameof(Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var (reading, _) = await PublishAsync(relays);
        var (used, other) = (relays.Used, relays.Other);
        var asked = (await AskAsync(relays, used)).Track("other");
        using (var track = relays.Sending.Broadcast.CreateTrack("other"))
        {
            Scene.Say(track, "kept");
            using (var group = await asked.FetchAsync(0))
                Assert.That(group.Sequence, Is.Zero);
            other.Session.Close();
            await relays.Scene.PauseAsync(0.5);
            var refused = await Failure.OfAsync<MoqException>(async () => await asked.FetchAsync(0));
            Assert.That(refused.Code, Is.EqualTo(version == "moq-lite-06" ? MoqErrorCode.Unroutable : MoqErrorCode.NotFound));
        }

        TwoRelays.AssertWhole(await reading);
    });

    /// <summary>The reader of two relays publishes what it reads, also to them.</summary>
    private static async Task<(Task<List<int>> Reading, BroadcastConsumer Front)> PublishAsync(TwoRelays relays)
    {
        var reading = await relays.BeginAsync("live");
        var front = await relays.SubscribeAsync();
        relays.Reader.Moq.Publish(TwoRelays.Name, front);
        await relays.Scene.PauseAsync(0.2);
        return (reading, front);
    }

    /// <summary>Subscribes to the broadcast from a relay.</summary>
    private static async Task<BroadcastConsumer> AskAsync(TwoRelays relays, Relay relay)
    {
        await foreach (var sessions in relay.Player.Moq.ReadOpenSessionsAsync())
            return await sessions.Single(session => session.RemoteId == relays.Reader.Id).SubscribeAsync(TwoRelays.Name);
        throw new AssertionException("The relay has no session.");
    }
}
