using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing.Tests.Faults;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary><c>MoqOptions.BroadcastLinger</c>: a broadcast whose last session was lost waits for another one.</summary>
public sealed class LingerTests
{
    private const string Name = TwoRelays.Name;
    private const double Linger = 5;

    private static readonly string[] Versions = TwoRelays.Versions;

    [Test]
    public void SessionThatComesInTime_ContinuesTheReading(
        [ValueSource(nameof(Versions))] string version, [Values(0.1, Linger - 0.2)] double seconds) => Run(async (scene, reader) =>
    {
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromSeconds(60) });
        var first = await Route.OpenAsync(scene, reader, broadcast, version: version);
        var read = await reader.Moq.SubscribeAsync(Name);
        var heard = ContentTests.HearAllAsync(read);
        await scene.PauseAsync(0.2);
        Scene.Say(track, "before");
        await scene.PauseAsync(1);
        await first.Session.DisposeAsync();
        Scene.Say(track, "meanwhile");
        await scene.PauseAsync(seconds);
        Assert.That(read.Closed.IsCompleted, Is.False);
        using var second = await Route.OpenAsync(scene, reader, broadcast, version: version);
        await scene.PauseAsync(2 * Linger);
        Scene.Say(track, "after");
        track.Finish();
        Assert.That(await heard, Is.EqualTo(new[] { "before", "meanwhile", "after" }));
        Assert.That(read.Closed.IsCompleted, Is.False, "The time began anew.");
    });

    [Test]
    public void NobodyComes_TheBroadcastAndItsReadingsEndExactlyThen([ValueSource(nameof(Versions))] string version) =>
        Run(async (scene, reader) =>
        {
            var first = await Route.OpenAsync(scene, reader, scene.Saying("hello"), version: version);
            var read = await reader.Moq.SubscribeAsync(Name);
            var heard = ContentTests.HearAllAsync(read);
            await scene.PauseAsync(1);
            await first.Session.DisposeAsync();
            while (reader.Closures.Count == 0)
                await scene.PauseAsync(0.001);
            var lost = scene.Seconds;
            var end = await read.Closed;
            Assert.That(scene.Seconds - lost, Is.EqualTo(Linger).Within(0.002));
            Assert.That(end.Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
            await Failure.OfAsync<MoqSessionClosedException>(async () => await heard);
            Assert.That(scene.Seconds - lost, Is.EqualTo(Linger).Within(0.002));
            Assert.That(reader.Moq.Fronts.Count, Is.Zero);
        });

    [Test]
    public void TimeBeginsAnewWithEachLoss() => Run(async (scene, reader) =>
    {
        var broadcast = scene.Saying("hello");
        var read = Task.FromResult<BroadcastConsumer>(null!);
        for (var times = 0; times < 3; times++)
        {
            var route = await Route.OpenAsync(scene, reader, broadcast);
            read = times == 0 ? reader.Moq.SubscribeAsync(Name) : read;
            await scene.PauseAsync(0.5);
            await route.Session.DisposeAsync();
            await scene.PauseAsync(Linger - 1);
            Assert.That((await read).Closed.IsCompleted, Is.False);
        }

        await scene.PauseAsync(1.1);
        Assert.That((await read).Closed.IsCompleted, Is.True);
    });

    [Test]
    public void Withdrawn_EndsAtOnce() => Run(async (scene, reader) =>
    {
        var route = await Route.OpenAsync(scene, reader, scene.Saying("hello"));
        var read = await reader.Moq.SubscribeAsync(Name);
        var began = scene.Seconds;
        route.Dispose();
        Assert.That((await read.Closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
        Assert.That(scene.Seconds - began, Is.LessThan(0.1));
    });

    [Test]
    public void ByDefault_ALostSessionEndsTheBroadcastAtOnce() => Scene.Run(async scene =>
    {
        var reader = scene.Add("reader");
        var route = await Route.OpenAsync(scene, reader, scene.Saying("hello"));
        var read = await reader.Moq.SubscribeAsync(Name);
        var began = scene.Seconds;
        await route.Session.DisposeAsync();
        Assert.That((await read.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
        Assert.That(scene.Seconds - began, Is.LessThan(0.1));
    });

    [Test]
    public void TrackThatIsReadMeanwhile_WaitsForTheNextSession_OrFailsWithTheBroadcast([Values] bool comes) =>
        Run(async (scene, reader) =>
        {
            var broadcast = scene.Saying("hello");
            var first = await Route.OpenAsync(scene, reader, broadcast);
            var read = await reader.Moq.SubscribeAsync(Name);
            await first.Session.DisposeAsync();
            await scene.PauseAsync(1);
            Assert.That(await reader.Moq.SubscribeAsync(Name), Has.Property("Producer").SameAs(read.Producer));
            var heard = Scene.HearAsync(read);
            await scene.PauseAsync(1);
            Assert.That(heard.IsCompleted, Is.False);
            if (comes)
            {
                using var second = await Route.OpenAsync(scene, reader, broadcast);
                Assert.That(await heard, Is.EqualTo("hello"));
            }
            else
            {
                var failure = await Failure.OfAsync<MoqStreamException>(async () => await heard);
                Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.Closed));
            }
        });

    /// <summary>The end of a group that was in flight comes from the next session, with the groups after it.</summary>
    [Test]
    public void GroupInFlight_WhenTheLastSessionIsLost_IsContinuedToo(
        [ValueSource(nameof(Versions))] string version, [Values] bool isSilent) =>
        TwoRelays.Run(version, TimeSpan.FromSeconds(Linger), async relays =>
        {
            var reading = await relays.BeginAsync("live");
            foreach (var relay in new[] { relays.Other, relays.Used })
            {
                if (isSilent)
                    relays.Scene.Network.Kill(relay.Player.Moq);
                else
                    relay.Session.Close();
            }

            while (relays.Reader.Closures.Count < 2)
                await relays.Scene.PauseAsync(0.01);
            await relays.Scene.PauseAsync(1);
            Assert.That(reading.IsCompleted, Is.False);
            await relays.AddAsync("relay c");
            TwoRelays.AssertWhole(await reading);
        });

    [Test]
    public void OtherContentMeanwhile_DoesNotContinueTheReading() => Run(async (scene, reader) =>
    {
        var first = await Route.OpenAsync(scene, reader, scene.Saying("first"), origin: 1);
        var read = await reader.Moq.SubscribeAsync(Name);
        var heard = ContentTests.HearAllAsync(read);
        await scene.PauseAsync(1);
        await first.Session.DisposeAsync();
        using var second = await Route.OpenAsync(scene, reader, scene.Saying("second"), origin: 2);
        Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("second"));
        await Failure.OfAsync<MoqSessionClosedException>(async () => await heard);
        Assert.That((await read.Closed).Cause, Is.EqualTo(BroadcastEndCause.SessionEnded));
    });

    [Test]
    public void ReaderThatLeavesMeanwhile_LeavesNothingBehind() => Run(async (scene, reader) =>
    {
        var broadcast = scene.Saying("hello");
        var first = await Route.OpenAsync(scene, reader, broadcast);
        var read = await reader.Moq.SubscribeAsync(Name);
        using var stop = new CancellationTokenSource();
        var reading = ReadAsync(read.Track("t"), stop.Token);
        await scene.PauseAsync(1);
        await first.Session.DisposeAsync();
        await scene.PauseAsync(1);
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await reading);
        using var second = await Route.OpenAsync(scene, reader, broadcast);
        await scene.PauseAsync(1);
        Assert.That(broadcast.ReaderCount.IsAny, Is.False);
        Assert.That(await Scene.HearAsync(read), Is.EqualTo("hello"));
    });

    [Test]
    public void ReaderThatComesAndLeavesMeanwhile_LeavesNothingBehind() => Run(async (scene, reader) =>
    {
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t");
        var first = await Route.OpenAsync(scene, reader, broadcast);
        var read = await reader.Moq.SubscribeAsync(Name);
        await first.Session.DisposeAsync();
        await scene.PauseAsync(1);
        using var stop = new CancellationTokenSource();
        var reading = ReadAsync(read.Track("t"), stop.Token);
        await scene.PauseAsync(1);
        Assert.That((reading.IsCompleted, read.Producer.TrackCount), Is.EqualTo((false, 1)));
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await reading);
        await scene.PauseAsync(0.001);
        Assert.That(read.Producer.TrackCount, Is.Zero, "nobody waits for a source any more");
        using var second = await Route.OpenAsync(scene, reader, broadcast);
        await scene.PauseAsync(1);
        Assert.That(track.ReaderTotals, Is.EqualTo(default(ReaderTotals)), "nothing was asked for");
        Scene.Say(track, "hello");
        Assert.That(await Scene.HearAsync(read), Is.EqualTo("hello"));
    });

    /// <summary>The track that is read meanwhile fails when its subscription cannot be created.</summary>
    [Test]
    public void FaultWhileATrackWaits_FailsTheTrack_AndIsLogged()
    {
        var log = new LogRecorder();
        var limits = SessionLimits.Default with { Flow = static (_, _, _, _) => throw new InvalidOperationException("a fault") };
        var options = new MoqOptions { BroadcastLinger = TimeSpan.FromSeconds(Linger), Limits = limits, LoggerFactory = log };
        Scene.Run(async scene =>
        {
            var (reader, broadcast) = (scene.Add("reader", options), scene.Saying("hello"));
            var first = await Route.OpenAsync(scene, reader, broadcast);
            var read = await reader.Moq.SubscribeAsync(Name);
            await first.Session.DisposeAsync();
            await scene.PauseAsync(1);
            var heard = Scene.HearAsync(read);
            await scene.PauseAsync(1);
            Assert.That(heard.IsCompleted, Is.False);
            using var second = await Route.OpenAsync(scene, reader, broadcast);
            var failure = await Failure.OfAsync<MoqStreamException>(async () => await heard);
            Assert.That((failure.Code, failure.Message), Is.EqualTo(
                (MoqErrorCode.Transport, $"Reading track 't' of '{Name}' failed: a fault")));
            Assert.That((log.Of("EffectFailed").Count, read.Producer.TrackCount), Is.EqualTo((1, 0)));
        });
    }

    private static async Task ReadAsync(TrackConsumer track, CancellationToken stop)
    {
        await foreach (var group in track.ReadGroupsAsync(stop))
            group.Dispose();
    }

    private static void Run(Func<Scene, Player, Task> body) => Scene.Run(async scene =>
        await body(scene, scene.Add("reader", new MoqOptions { BroadcastLinger = TimeSpan.FromSeconds(Linger) })));
}
