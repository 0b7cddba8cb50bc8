namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>A track that is read by name, over all sessions, keeps the session open that it is read from, as a handle does.</summary>
public sealed class ReadSessionTests
{
    private const string Name = TwoRelays.Name;
    private const double Linger = 5;

    [Test]
    public void LastHandleIsDisposed_TheSessionStaysWhileATrackIsRead_AndThenLingers() => Scene.Run(static async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        var sent = scene.Broadcast();
        publisher.Moq.Publish(Name, sent);
        var track = sent.CreateTrack("t");
        var session = await reader.ConnectAsync(publisher);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        using var stops = new CancellationTokenSource();
        using var stopsLater = new CancellationTokenSource();
        var (first, second) = (CountAsync(broadcast, stops.Token), CountAsync(broadcast, stopsLater.Token));
        await scene.PauseAsync(1);
        await session.DisposeAsync();
        for (var group = 0; group < 60; group++)
        {
            Scene.Say(track, "still read");
            await scene.PauseAsync(1);
        }

        stops.Cancel();
        await scene.PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.False, "The second reader reads it.");
        Scene.Say(track, "still read");
        await scene.PauseAsync(1);
        var before = scene.Seconds;
        stopsLater.Cancel();
        await scene.PauseAsync(Linger - 0.001);
        Assert.That((session.Closed.IsCompleted, broadcast.Closed.IsCompleted), Is.EqualTo((false, false)));
        var closed = await session.Closed;
        Assert.That(scene.Seconds - before, Is.EqualTo(Linger).Within(0.0005));
        Assert.That((closed.Code, closed.Reason, closed.IsRemote), Is.EqualTo((MoqErrorCode.Cancel, "no longer used", false)));
        Assert.That((await first, await second), Is.EqualTo((60, 61)));
    });

    [Test]
    public void NothingIsRead_TheSessionLingersFromTheLastHandle() => Scene.Run(static async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        publisher.Moq.Publish(Name, scene.Saying("hello"));
        var session = await reader.ConnectAsync(publisher);
        var broadcast = await reader.Moq.SubscribeAsync(Name);
        var before = scene.Seconds;
        await session.DisposeAsync();
        await session.Closed;
        Assert.That(scene.Seconds - before, Is.EqualTo(Linger).Within(0.0005));
        Assert.That((await broadcast.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
    });

    [Test]
    public void ReadingThatBeginsWithinTheLinger_KeepsTheSession([Values] bool byFront) => Scene.Run(async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        publisher.Moq.Publish(Name, scene.Saying("hello"));
        var session = await reader.ConnectAsync(publisher);
        // What is read with the session itself needs its handle.
        var broadcast = byFront ? await reader.Moq.SubscribeAsync(Name) : await session.SubscribeAsync(Name);
        await session.DisposeAsync();
        await scene.PauseAsync(Linger - 0.1);
        using var reading = broadcast.Track("t").Open();
        await scene.PauseAsync(60);
        Assert.That(session.Closed.IsCompleted, Is.EqualTo(!byFront));
    });

    [Test]
    public void ReadingMoves_TheSessionThatItLeavesLingers_AndTheOtherOneStays(
        [ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version) => TwoRelays.Run(version, async relays =>
    {
        var (front, live) = (await relays.SubscribeAsync(), relays.Sending.Broadcast.CreateTrack("t"));
        using var reading = front.Track("t").Open();
        Scene.Say(live, "hello");
        await relays.Scene.PauseAsync(1);
        var (used, other) = (relays.Used, relays.Other);
        await used.Session.DisposeAsync();
        await relays.Scene.PauseAsync(20);
        await other.Session.DisposeAsync();
        await relays.Scene.PauseAsync(1);
        var before = relays.Scene.Seconds;
        used.Publication.Dispose();
        // Only then can the next relay tell where it begins.
        await relays.Scene.PauseAsync(0.05);
        Scene.Say(live, "hello again");
        await used.Session.Closed;
        Assert.That(relays.Scene.Seconds - before, Is.EqualTo(Linger).Within(0.2), "from the move on");
        await relays.Scene.PauseAsync(60);
        Assert.That((other.Session.Closed.IsCompleted, front.Closed.IsCompleted), Is.EqualTo((false, false)));
    });

    /// <summary>A session that the peer has dialed, and that this side has never accepted, is not closed by the end of a reading.</summary>
    [Test]
    public void SessionThatOnlyThePeerHasDialed_StaysAfterTheReading() => Scene.Run(static async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        publisher.Moq.Publish(Name, scene.Saying("hello"));
        var session = await publisher.ConnectAsync(reader);
        Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("hello"));
        await scene.PauseAsync(600);
        Assert.That((session.Closed.IsCompleted, reader.Events.Count), Is.EqualTo((false, 1)));
    });

    private static async Task<int> CountAsync(BroadcastConsumer broadcast, CancellationToken stop)
    {
        var count = 0;
        try
        {
            await foreach (var group in broadcast.Track("t").ReadGroupsAsync(stop))
            {
                count++;
                group.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            // The reader leaves.
        }

        return count;
    }
}
