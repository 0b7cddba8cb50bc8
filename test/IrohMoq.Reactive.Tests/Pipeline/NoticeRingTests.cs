using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NoticeRingTests
{
    private readonly HistoricalScheduler _scheduler = new();
    private readonly List<Exception> _faults = [];
    private readonly List<Exception> _thrown = [];

    [Test]
    public void BurstOf100_ReachesAnIdleSubscriberWholeAndInOrder()
    {
        var replay = Replay(1024);
        var got = Collect(replay, out _);
        _scheduler.Start();
        for (var i = 0; i < 100; i++)
            replay.Publish($"{i}");
        _scheduler.Start();
        Assert.That(got, Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"{i}")));
    }

    [Test]
    public void WholeRingBehind_ContinuesAtTheOldestKeptAndGetsTheNumberMissed()
    {
        var replay = Replay(1024);
        var got = Collect(replay, out var skipped);
        for (var i = 0; i < 1024; i++)
            replay.Publish($"{i}");
        _scheduler.Start();
        Assert.That((got.Count, skipped.Count), Is.EqualTo((1024, 0)), "exactly a ring behind misses nothing");

        for (var i = 0; i < 1030; i++)
            replay.Publish($"next {i}");
        _scheduler.Start();
        Assert.That(skipped, Is.EqualTo(new[] { 6L }));
        Assert.That(got[1024], Is.EqualTo("next 6 missed 6"), "the next item tells as well");
        Assert.That(got[1025], Is.EqualTo("next 7"));
        Assert.That(got, Has.Count.EqualTo(2048));
    }

    [Test]
    public void LateSubscriber_GetsTheLastThatAreWorthItAndWhatComesThen()
    {
        var replay = Replay(1024);
        for (var i = 0; i < 20; i++)
            replay.Publish($"{i}", i);
        replay.Retire(19);
        replay.Retire(7);
        replay.Publish("not replayed");
        var got = Collect(replay, out _, 16);
        replay.Publish("later");
        _scheduler.Start();
        Assert.That(
            got, Is.EqualTo(new[] { "2", "3", "4", "5", "6", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "later" }));
    }

    [Test]
    public void ObserverThatThrows_IsDetachedAloneAndReported()
    {
        var replay = Replay(8);
        using var bad = Observe(replay, Catching()).Subscribe(_ => throw new InvalidDataException("bad observer"));
        var got = Collect(replay, out _);
        replay.Publish("a");
        replay.Publish("b");
        _scheduler.Start();
        Assert.That(got, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(_faults.Select(fault => fault.Message), Is.EqualTo(new[] { "bad observer" }));
    }

    [Test]
    public void LagCallbackThatThrows_DetachesItsSubscriberAlone()
    {
        var replay = Replay(1);
        using var bad = replay.Observe<string>(
            static () => static (item, _) => item, Replay<string>.None, Catching(), _ => throw new InvalidDataException("bad callback"))
            .Subscribe();
        var got = Collect(replay, out _);
        replay.Publish("a");
        replay.Publish("b");
        _scheduler.Start();
        Assert.That(got, Is.EqualTo(new[] { "b missed 1" }));
        Assert.That(_faults, Has.Count.EqualTo(1));
        Assert.That(_thrown, Is.EqualTo(_faults), "it passes through the scheduler of the subscriber");
    }

    [Test]
    public void SubscribersSchedulerIsOver_DetachesItAlone()
    {
        var replay = Replay(8);
        var own = new EventLoopScheduler();
        using var dead = replay.Observe<string>(static () => static (item, _) => item, Replay<string>.None, own, null).Subscribe();
        own.Dispose();
        var got = Collect(replay, out _);
        Assert.That(() => replay.Publish("a"), Throws.Nothing);
        Assert.That(() => replay.Publish("b"), Throws.Nothing);
        _scheduler.Start();
        Assert.That(got, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void PublishedInsideOnNext_ComesAfterwardsForEverySubscriber()
    {
        var replay = Replay(8);
        var first = new List<string>();
        using var publisher = Observe(replay).Subscribe(item =>
        {
            first.Add(item);
            if (item == "a")
                replay.Publish("c");
        });
        var second = Collect(replay, out _);
        replay.Publish("a");
        replay.Publish("b");
        _scheduler.Start();
        Assert.That((first, second), Is.EqualTo((new[] { "a", "b", "c" }, new[] { "a", "b", "c" })));
    }

    [Test]
    public void DisposedInsideOnNext_GetsNothingMore()
    {
        var replay = Replay(8);
        var got = new List<string>();
        IDisposable? subscription = null;
        subscription = Observe(replay).Subscribe(item =>
        {
            got.Add(item);
            subscription!.Dispose();
        });
        replay.Publish("a");
        replay.Publish("b");
        _scheduler.Start();
        replay.Publish("c");
        _scheduler.Start();
        Assert.That(got, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void SubscribedInsideOnNext_GetsWhatComesThen()
    {
        var replay = Replay(8);
        List<string>? got = null;
        using var outer = Observe(replay).Subscribe(_ => got ??= Collect(replay, out var _));
        replay.Publish("a");
        _scheduler.Start();
        replay.Publish("b");
        _scheduler.Start();
        Assert.That(got, Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public void BurstOfManyTurns_IsDeliveredWhole()
    {
        var replay = Replay(100_000);
        var got = Collect(replay, out var skipped);
        for (var i = 0; i < 10_000; i++)
            replay.Publish($"{i}");
        _scheduler.Start();
        Assert.That((got.Count, skipped.Count), Is.EqualTo((10_000, 0)));
    }

    [Test]
    public void Complete_ComesAfterWhatWasPublished()
    {
        var replay = Replay(8);
        var got = Collect(replay, out _);
        replay.Publish("a");
        replay.Complete();
        replay.Publish("too late");
        _scheduler.Start();
        Assert.That(got, Is.EqualTo(new[] { "a", "end" }));
        var late = Collect(replay, out _);
        _scheduler.Start();
        Assert.That(late, Is.EqualTo(new[] { "end" }));
    }

    [Test]
    public void Fault_ReachesEverySubscriberAsAnExceptionOfItsOwn()
    {
        var replay = Replay(8);
        var faults = new List<Exception>();
        using var one = Observe(replay).Subscribe(static _ => { }, faults.Add);
        using var other = Observe(replay).Subscribe(static _ => { }, faults.Add);
        replay.Complete(() => new IOException("dead"));
        _scheduler.Start();
        Assert.That(faults, Has.Count.EqualTo(2));
        Assert.That(faults[0], Is.Not.SameAs(faults[1]));
    }

    [Test]
    public void ItemThatEverybodyHasRead_IsNotKept()
    {
        var replay = Replay(1024);
        var reference = PublishAndRead(replay);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(reference.TryGetTarget(out _), Is.False);
        GC.KeepAlive(replay);
    }

    [Test]
    public void Pulled_StandsStillUntilAskedAndMissesWhatALaggardMisses() => VirtualWorld.Run(async world =>
    {
        var replay = new NoticeRing<string>(4, world.Runtime, _faults.Add);
        replay.Publish("worth it", 1);
        var skipped = new List<long>();
        await using var reader = replay.Read<string>(
            () => static (item, missed) => missed > 0 ? $"{item} missed {missed}" : item, new(16), skipped.Add, CancellationToken.None)
            .GetAsyncEnumerator();
        for (var i = 0; i < 6; i++)
            replay.Publish($"{i}");
        replay.Complete();
        var got = new List<string>();
        while (await reader.MoveNextAsync())
            got.Add(reader.Current);
        Assert.That(got, Is.EqualTo(new[] { "worth it", "2 missed 2", "3", "4", "5" }));
        Assert.That(skipped, Is.EqualTo(new[] { 2L }));
    });

    [Test]
    public void PulledReadingThatIsCanceled_LosesNothing() => VirtualWorld.Run(async world =>
    {
        var replay = new NoticeRing<string>(4, world.Runtime, _faults.Add);
        using var stop = new CancellationTokenSource();
        await using var reader = replay.Read<string>(() => static (item, _) => item, Replay<string>.None, null, stop.Token)
            .GetAsyncEnumerator(CancellationToken.None);
        var waiting = reader.MoveNextAsync();
        stop.Cancel();
        Assert.That(await VirtualWorld.FailureOf(waiting.AsTask()), Is.InstanceOf<OperationCanceledException>());
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference<object> PublishAndRead(NoticeRing<string> replay)
    {
        using var slow = replay.Observe<string>(static () => static (item, _) => item, Replay<string>.None, new HistoricalScheduler(), null)
            .Subscribe();
        var got = Collect(replay, out _);
        var item = new string('x', 100);
        replay.Publish(item);
        _scheduler.Start();
        Assert.That(got, Has.Count.EqualTo(1));
        got.Clear();
        return new WeakReference<object>(item);
    }

    private NoticeRing<string> Replay(int capacity) => new(capacity, SchedulerRuntime.For(_scheduler), _faults.Add);

    /// <summary>Returns a scheduler of a subscriber that catches the exceptions of its observer, as an application may.</summary>
    private IScheduler Catching() => _scheduler.Catch<Exception>(fault =>
    {
        _thrown.Add(fault);
        return true;
    });

    private IObservable<string> Observe(NoticeRing<string> replay, IScheduler? scheduler = null) =>
        replay.Observe<string>(static () => static (item, _) => item, Replay<string>.None, scheduler ?? _scheduler, null);

    private List<string> Collect(NoticeRing<string> replay, out List<long> skipped, int last = 0)
    {
        var got = new List<string>();
        skipped = [];
        replay.Observe<string>(
            static () => static (item, missed) => missed > 0 ? $"{item} missed {missed}" : item, new(last), _scheduler, skipped.Add)
            .Subscribe(got.Add, () => got.Add("end"));
        return got;
    }
}
