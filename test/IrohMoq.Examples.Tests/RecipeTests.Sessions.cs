using System.Reactive.Linq;
using IrohMoq.Examples.Recipes;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Examples.Tests;

/// <content>The recipes for the ends of sessions, their rates and their routes.</content>
public sealed partial class RecipeTests
{
    [Test]
    public void GracefulRestart_TheReaderGoesOnWithTheNextProcess([Values] bool isFinished) => Run(async (network, publisher, reader) =>
    {
        var (log, lines) = (new List<string>(), new List<string>());
        using var logging = GracefulRestart.Log(reader).Subscribe(log.Add);
        using var reading = Reconnect.Lines(reader, network.AddressOf(publisher)).Subscribe(lines.Add);
        var track = new Peer("publisher", publisher, network.AddressOf(publisher)).Publish("studio/main");
        await track.WaitForSubscriberAsync();
        Peer.Say(track, "one");
        var began = network.Runtime.GetTimestamp();
        await GracefulRestart.StopAsync(publisher, isFinished ? [track] : []);
        Assert.That(
            network.Runtime.GetElapsedTime(began),
            isFinished ? Is.LessThan(TimeSpan.FromSeconds(1)) : Is.EqualTo(TimeSpan.FromSeconds(2)).Within(TimeSpan.FromSeconds(0.1)));

        await network.EndpointOf(publisher).DisposeAsync();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        var next = network.RestartPeer(publisher);
        Peer.Say(new Peer("publisher", next, network.AddressOf(next)).Publish("studio/main"), "two");
        // A dial that has begun before fails at the time limit of the network, and the next one follows.
        await network.Runtime.DelayAsync(network.DialTimeout + TimeSpan.FromSeconds(10));
        Assert.That(lines, Is.EqualTo(new[] { "one", "two" }));
        Assert.That(
            log,
            Is.EqualTo(new[] { "SessionEvent", "asked to leave, dialing again", "the peer has gone away", "SessionEvent" }));
    });

    [Test]
    public void GracefulRestart_APeerThatIsSentAwayReadsOn() => Run(async (network, publisher, reader) =>
    {
        var track = new Peer("publisher", publisher, network.AddressOf(publisher)).Publish("studio/main");
        await using var session = await reader.ConnectAsync(network.AddressOf(publisher));
        await using var studio = await session.SubscribeAsync("studio/main");
        var read = new List<ulong>();
        var reading = MissedGroups.ReadEveryAsync(studio.Track("lines"), read.Add);
        await track.WaitForSubscriberAsync();
        Peer.Say(track, "one");
        var leaving = GracefulRestart.SendAwayAsync(await SessionOfAsync(publisher));
        for (var line = 0; line < 5; line++)
        {
            Peer.Say(track, "more");
            await network.Runtime.DelayAsync(TimeSpan.FromSeconds(0.1));
        }

        Assert.That(await leaving, Is.True);
        track.Finish();
        await reading;
        Assert.That((read, session.Closed.IsCompleted), Is.EqualTo((new ulong[] { 0, 1, 2, 3, 4, 5 }, false)));
    });

    [TestCase("refuses", "6 (unauthorized)", "The peer refuses this endpoint. Do not dial again.")]
    [TestCase("shuts down", "0 (cancel)", "The peer is shut down or restarted. Dial again.")]
    [TestCase("closes", "67 (application 3)", "The session was closed with code 67 (application 3).")]
    [TestCase("is lost", "3 (timeout)", "The connection was lost (TimedOut). Dial again.")]
    public void Errors_OfASession(string peer, string code, string meaning) => Run(async (network, publisher, reader) =>
    {
        if (peer == "refuses")
            publisher = network.AddPeer("strict", new MoqOptions { AcceptPolicy = static (_, _) => new(false) });
        var meanings = new List<string>();
        using var closures = reader.SessionClosures().Subscribe(closed => meanings.Add(Errors.Describe(closed)));
        new Peer("publisher", publisher, network.AddressOf(publisher)).Publish("studio/main");
        var reading = Errors.ReadFirstAsync(reader, network.AddressOf(publisher), "lines");
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        if (peer == "shuts down")
            await publisher.ShutdownAsync();
        else if (peer == "closes")
            (await SessionOfAsync(publisher)).Close(MoqErrorCode.FromApplication(3));
        else if (peer == "is lost")
            network.Partition(publisher, reader);
        Assert.That(await reading, Is.EqualTo($"The session ended with code {code}."));
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(meanings, Is.EqualTo(new[] { meaning }));
    });

    [Test]
    public void Rates_WhatIsSentIsCounted() => Run(async (network, publisher, reader) =>
    {
        var track = new Peer("publisher", publisher, network.AddressOf(publisher)).Publish("studio/main");
        await using var session = await publisher.ConnectAsync(network.AddressOf(reader));
        await using var studio = await reader.SubscribeAsync("studio/main");
        using var lines = studio.Track("lines").Open();
        await track.WaitForSubscriberAsync();
        var sent = new List<long>();
        using var counting = Rates.Sent(session).Subscribe(sent.Add);
        for (var group = 0; group < 50; group++)
        {
            Peer.Say(track, new string('x', 10_000));
            await network.Runtime.DelayAsync(TimeSpan.FromSeconds(0.1));
        }

        Assert.That(sent, Has.Count.InRange(4, 5));
        Assert.That(sent, Is.All.InRange(90_000, 111_000), "10,000 bytes ten times a second, though the network has no limit");
    });

    [Test]
    public void Routes_ShowTheWaysAndTheirCosts() => Run(async (network, publisher, reader) =>
    {
        using var broadcast = publisher.CreateBroadcast();
        using var registration = publisher.Publish("studio/main", broadcast);
        foreach (var relay in new[] { network.AddPeer("near"), network.AddPeer("far", Routes.DistantRelay) })
        {
            await relay.ConnectAsync(network.AddressOf(publisher));
            SeveralRelays.Forward(relay, "studio/main");
            await reader.ConnectAsync(network.AddressOf(relay));
        }

        using var stop = new CancellationTokenSource();
        var shown = new List<string>();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        var showing = Routes.ShowAsync(reader, "studio", shown.Add, stop.Token);
        Assert.That((await reader.SubscribeAsync("studio/main")).Route.WarmCost, Is.EqualTo(2), "The way with the lowest cost is used.");
        broadcast.SetCost(10);
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        registration.Dispose();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        stop.Cancel();
        Assert.That(await FailureOf(showing), Is.InstanceOf<OperationCanceledException>());
        Assert.That(
            shown.Chunk(2).Select(static two => string.Join(" | ", two.Order(StringComparer.Ordinal))),
            Is.EqualTo(new[]
            {
                "+ studio/main: 2 hops, cost 2 | + studio/main: 2 hops, cost 51",
                "~ studio/main: 2 hops, cost 12 | ~ studio/main: 2 hops, cost 61",
                "- studio/main: 2 hops, cost 12 | - studio/main: 2 hops, cost 61",
            }));
    });

    [Test]
    public void Routes_TheStandbyIsAskedWhenTheOtherServiceHasGone() => Run(async (network, main, reader) =>
    {
        var (standby, asked) = (network.AddPeer("standby"), new List<string>());
        var offer = main.OpenBroadcastRequests("room");
        using var behind = Routes.OpenStandby(standby, "room");
        foreach (var (service, requests) in new[] { (main, offer), (standby, behind) })
        {
            _ = AnswerAsync(service, requests);
            await service.ConnectAsync(network.AddressOf(reader));
            await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        }

        Assert.That(await OnDemand.FirstLineAsync(reader, "room/one"), Is.EqualTo("hello"));
        offer.Dispose();
        await network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(await OnDemand.FirstLineAsync(reader, "room/two"), Is.EqualTo("hello"));
        Assert.That(asked, Is.EqualTo(new[] { "main room/one", "standby room/two" }));

        async Task AnswerAsync(Moq service, BroadcastRequestReader requests)
        {
            await foreach (var request in requests.ReadAllAsync())
            {
                asked.Add($"{(service == main ? "main" : "standby")} {request.Path}");
                var room = service.CreateBroadcast();
                Peer.Say(room.CreateTrack("lines"), "hello");
                request.Accept(room);
            }
        }
    });

    [TestCase(300_000, 720)]
    [TestCase(100_000, 360)]
    [TestCase(null, 1080)]
    public void Rates_TheHeightFollowsTheEstimate(int? bandwidth, int height)
    {
        var network = new InMemoryNetwork(new TestScheduler(), seed: 7) { Bandwidth = bandwidth };
        Moq publisher = network.AddPeer("publisher"), reader = network.AddPeer("reader");
        network.Run(async () =>
        {
            await using var session = await publisher.ConnectAsync(network.AddressOf(reader));
            var heights = new List<int>();
            using var watching = Rates.Heights(session).Subscribe(heights.Add);
            await network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
            Assert.That(heights, Is.EqualTo(new[] { height }));
        });
    }

    private static async Task<MoqSession> SessionOfAsync(Moq moq)
    {
        await foreach (var sessions in moq.ReadOpenSessionsAsync())
        {
            if (sessions is [var only])
                return only;
        }

        throw new AssertionException("The peer has no session.");
    }
}
