namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>How long a session lives when its holds are given back.</summary>
public sealed class LeaseTests
{
    [Test, Fault(8)]
    public void Lease_LastReleaseCloses() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var (first, second) = (await alice.ConnectAsync(bob), await alice.ConnectAsync(bob));
        await first.DisposeAsync();
        await scene.PauseAsync(60);
        Assert.That(second.Closed.IsCompleted, Is.False, "another handle keeps it open");

        var before = scene.Seconds;
        await second.DisposeAsync();
        Assert.That(scene.Seconds, Is.EqualTo(before), "a return takes no time");
        await scene.PauseAsync(4.999);
        Assert.That((alice.Events, bob.Events), Is.EqualTo((new[] { "opens" }, new[] { "opens" })));
        var closed = await second.Closed;
        Assert.That(scene.Seconds - before, Is.EqualTo(5).Within(0.0005));
        Assert.That((closed.Code, closed.Reason, closed.IsRemote), Is.EqualTo((MoqErrorCode.Cancel, "no longer used", false)));
        await scene.PauseAsync(1);
        Assert.That((alice.Events, bob.Events), Is.EqualTo((new[] { "opens", "closes 0" }, new[] { "opens", "closes 0" })));
    });

    [TestCase(0)]
    [TestCase(90)]
    [Fault(8)]
    public void Linger_IsAnOption(int seconds) => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice", new MoqOptions { Linger = TimeSpan.FromSeconds(seconds) }), scene.Add("bob"));
        var session = await alice.ConnectAsync(bob);
        var before = scene.Seconds;
        await session.DisposeAsync();
        await session.Closed;
        Assert.That(scene.Seconds - before, Is.EqualTo(seconds).Within(0.0005));
    });

    [Test, Fault(8)]
    public void CallerWithinTheLinger_GetsTheSameSessionAndANewLinger() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await alice.ConnectAsync(bob);
        await session.DisposeAsync();
        await scene.PauseAsync(4);
        var again = await alice.ConnectAsync(bob);
        Assert.That(again, Is.EqualTo(session));
        await scene.PauseAsync(3);
        await again.DisposeAsync();
        await scene.PauseAsync(4.9);
        Assert.That(session.Closed.IsCompleted, Is.False, "the first linger means nothing any more");
        await scene.PauseAsync(0.2);
        Assert.That(session.Closed.IsCompleted, Is.True);
        Assert.That(scene.Told("bob is dialed by alice"), Is.EqualTo(1));
        Assert.That(await alice.ConnectAsync(bob), Is.Not.EqualTo(session), "after it, a dial");
    });

    [Test, Fault(8)]
    public void IncomingSession_WithoutHandles_Stays() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await bob.ConnectAsync(alice);
        await scene.PauseAsync(1);
        var back = await alice.ConnectAsync(bob);
        Assert.That(back.IsOutbound, Is.False, "the peer's own session");
        await back.DisposeAsync();
        await scene.PauseAsync(600);
        Assert.That((session.Closed.IsCompleted, alice.Events.Count), Is.EqualTo((false, 1)));
    });

    [Test, Fault(8)]
    public void SessionThatBothDialed_StaysWithoutHolds() => Scene.Run(async scene =>
    {
        var (small, great) = scene.AddPair();
        var (there, back) = (small.ConnectAsync(great), great.ConnectAsync(small));
        var held = await back;
        await (await there).DisposeAsync();
        await scene.PauseAsync(600);
        Assert.That((held.Closed.IsCompleted, small.Events.Count), Is.EqualTo((false, 1)), "the peer's callers are not counted here");
    });

    [Test, Fault(8)]
    public void SessionOfAnEvent_HoldsNothing() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        MoqSession? seen = null;
        using var events = alice.Moq.SessionEvents().Subscribe(happened => seen = happened.Session);
        var session = await alice.ConnectAsync(bob);
        await seen!.DisposeAsync();
        await scene.PauseAsync(60);
        Assert.That((session.Equals(seen), session.Closed.IsCompleted), Is.EqualTo((true, false)), "it has nothing to give back");
        await session.DisposeAsync();
        await scene.PauseAsync(5.1);
        Assert.That(session.Closed.IsCompleted, Is.True, "and keeps nothing open");
    });
}
