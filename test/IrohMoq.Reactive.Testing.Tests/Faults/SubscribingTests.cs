using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>Waiting for a broadcast by its name: the live one or the next one, for any number of callers, never for ever.</summary>
public sealed class SubscribingTests
{
    [Test, Fault(25)]
    public void Wait_ThenAnnounced() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var waiting = session.SubscribeAsync("x");
        using var other = scene.Saying("other");
        using var unwanted = alice.Moq.Publish("x/y", other);
        await scene.PauseAsync(60);
        Assert.That(waiting.IsCompleted, Is.False, "another name is another broadcast");
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        Assert.That(await Scene.HearAsync(await waiting), Is.EqualTo("hello"));
        // Announcements that other readers have taken are there for a later reader, also by another handle.
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x/y")), Is.EqualTo("other"));
        Assert.That(await Scene.HearAsync(await (await bob.ConnectAsync(alice)).SubscribeAsync("x")), Is.EqualTo("hello"));
    });

    [Test, Fault(24)]
    public void Ended_ThenSubscribe_WaitsForNextInstance() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        for (var i = 0; i < 3; i++)
        {
            var waiting = session.SubscribeAsync("x");
            await scene.PauseAsync(1);
            Assert.That(waiting.IsCompleted, Is.False, "the one before has ended");
            using var broadcast = scene.Saying($"take {i}");
            using var live = alice.Moq.Publish("x", broadcast);
            var studio = await waiting;
            Assert.That((await Scene.HearAsync(studio), studio.Closed.IsCompleted), Is.EqualTo(($"take {i}", false)));
            live.Dispose();
            await studio.Closed;
        }
    });

    [Test, Fault(26)]
    public void ConcurrentSubscribes() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        var callers = Enumerable.Range(0, 100).Select(i => session.SubscribeAsync(i % 2 == 0 ? "even" : "odd")).ToArray();
        using var even = scene.Saying("even");
        using var odd = scene.Saying("odd");
        using var one = alice.Moq.Publish("even", even);
        using var other = alice.Moq.Publish("odd", odd);
        foreach (var (caller, i) in callers.Select(static (caller, i) => (caller, i)))
            Assert.That(await Scene.HearAsync(await caller), Is.EqualTo(i % 2 == 0 ? "even" : "odd"));
    });

    [Test, Fault(29)]
    public void SubscribeOnClosedSessionFailsAtOnce() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        await session.SubscribeAsync("x");
        var waiting = session.SubscribeAsync("never");
        session.Close(MoqErrorCode.FromApplication(5), "enough");
        var waited = await Failure.OfAsync<MoqSessionClosedException>(async () => await waiting);
        await session.Closed;
        var before = scene.Seconds;
        var late = await Failure.OfAsync<MoqSessionClosedException>(async () => await session.SubscribeAsync("x"));
        var withLimit = await Failure.OfAsync<MoqSessionClosedException>(
            async () => await session.SubscribeAsync("x", TimeSpan.FromSeconds(9)));
        Assert.That(scene.Seconds, Is.EqualTo(before));
        Assert.That(
            new[] { waited, late, withLimit }.Select(static failure => (failure.Code.ApplicationCode, failure.IsRemote)),
            Is.All.EqualTo(((int?)5, false)));
        Assert.That(() => session.Publish("y", broadcast), Throws.InstanceOf<MoqSessionClosedException>());
    });

    [Test, Fault(28)]
    public void TimeoutAndCancel() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        using var stop = new CancellationTokenSource();
        var (canceled, patient) = (session.SubscribeAsync("x", stop.Token), session.SubscribeAsync("x"));
        var before = scene.Seconds;
        var failure = await Failure.OfAsync<MoqNotAnnouncedException>(
            async () => await session.SubscribeAsync("x", TimeSpan.FromSeconds(2.5)));
        Assert.That(scene.Seconds - before, Is.EqualTo(2.5).Within(0.0005));
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.NotFound, false)));
        await Failure.OfAsync<MoqNotAnnouncedException>(async () => await session.SubscribeAsync("x", TimeSpan.Zero));
        stop.Cancel();
        var end = await Failure.OfAsync<OperationCanceledException>(async () => await canceled);
        Assert.That(end.CancellationToken, Is.EqualTo(stop.Token));
        await Failure.OfAsync<OperationCanceledException>(
            async () => await session.SubscribeAsync("x", TimeSpan.FromSeconds(9), stop.Token));

        Assert.That((patient.IsCompleted, session.Closed.IsCompleted), Is.EqualTo((false, false)), "a caller does not end another");
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        await patient;
        Assert.That(
            await Scene.HearAsync(await session.SubscribeAsync("x", TimeSpan.Zero)),
            Is.EqualTo("hello"),
            "a present broadcast needs no time");
    });

    [Test, Fault(29)]
    public void TrackThatIsNotThere_IsAStreamsFailureAndNotTheSessions() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        var studio = await session.SubscribeAsync("x");
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(studio, "unknown"));
        Assert.That((failure.Code, failure.IsRemote), Is.EqualTo((MoqErrorCode.NotFound, true)));
        Assert.That(await Scene.HearAsync(studio), Is.EqualTo("hello"));
    });

    [Test, Fault(27)]
    public void CoalescedEvents_Bounded_10kChurn() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        // The reader begins here and asks for no item before everything has ended.
        await using var listener = session.ReadAnnouncementsAsync().GetAsyncEnumerator();
        using var first = scene.Saying("first");
        using (alice.Moq.Publish("anchor", first))
            Assert.That(await listener.MoveNextAsync(), Is.True);
        await ChurnAsync(scene, alice, 10_000);
        using var last = scene.Saying("last");
        using var live = alice.Moq.Publish("churn", last);
        await scene.PauseAsync(1);
        session.Close();
        var told = new List<string>();
        while (await listener.MoveNextAsync())
            told.Add($"{listener.Current.Path} {listener.Current.IsActive}");
        Assert.That(told, Has.Count.LessThanOrEqualTo(3), "of 20,000 changes only what is left of them");
        Assert.That(told, Has.Member("anchor False"));
    });

    [Test, Fault(27)]
    public void NoListener_NoMemory() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var handles = new List<MoqSession>();
        for (var i = 0; i < 10; i++)
            handles.Add(await bob.ConnectAsync(alice));
        var gone = new List<WeakReference>();
        for (var i = 0; i < 50; i++)
            gone.Add(await AnnounceAndEndAsync(scene, alice, handles[0]));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(gone.Count(static broadcast => broadcast.IsAlive), Is.LessThanOrEqualTo(1), "handles keep no history");
        Assert.That(handles.Select(static handle => handle.Closed.IsCompleted), Is.All.False);
    });

    [Test, Fault(30)]
    public void AfterAReconnect_WhatIsPublishedIsAnnouncedAgainAndReadOn() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Moq.Publish("x", broadcast);
        Scene.Say(track, "before");
        var session = await bob.ConnectAsync(alice);
        Assert.That(await Scene.HearAsync(await session.SubscribeAsync("x")), Is.EqualTo("before"));
        scene.Network.Partition(alice.Moq, bob.Moq);
        await session.Closed;
        Scene.Say(track, "after");
        scene.Network.Heal(alice.Moq, bob.Moq);
        var again = await bob.ConnectAsync(alice);
        Assert.That(
            await Scene.HearAsync(await again.SubscribeAsync("x")),
            Is.EqualTo("after"),
            "the broadcast has outlived the session, and its groups continue");
        Assert.That(broadcast.Closed.IsCompleted, Is.False);
    });

    private static async Task ChurnAsync(Scene scene, Player publisher, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var broadcast = scene.Broadcast();
            using (publisher.Moq.Publish("churn", broadcast))
                await scene.PauseAsync(0.001);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> AnnounceAndEndAsync(Scene scene, Player publisher, MoqSession session)
    {
        using var broadcast = scene.Broadcast();
        using var live = publisher.Moq.Publish("x", broadcast);
        var seen = new WeakReference((await session.SubscribeAsync("x")).Producer);
        live.Dispose();
        await scene.PauseAsync(1);
        Assert.That(session.OriginConsumer.Names, Is.Empty);
        return seen;
    }

    [Test]
    public void OneOfTwoSubscribersDisposes_TheOtherReadsOn() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        var (one, other) = (await session.SubscribeAsync("x"), await session.SubscribeAsync("x"));
        using var left = one.Track("t").Open();
        using var reading = other.Track("t").Open();
        await track.WaitForSubscriberAsync();
        Scene.Say(track, "before");
        Assert.That(
            ((await left.ReadGroupAsync())?.Sequence, (await reading.ReadGroupAsync())?.Sequence), Is.EqualTo(((ulong?)0, (ulong?)0)));
        left.Dispose();
        await one.DisposeAsync();
        await scene.PauseAsync(1);
        Scene.Say(track, "after");
        Assert.That((await reading.ReadGroupAsync())?.Sequence, Is.EqualTo(1));
        Assert.That(() => one.Track("t"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(await Scene.HearAsync(other), Is.EqualTo("after"));
    });
}
