using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Time;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Streams;

/// <summary>
/// Every public observable whose subscribers each receive all items, in every situation that an Rx operator has to bear. Requests of tracks
/// and broadcasts are not among them, because each goes to one subscriber.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class OperatorMatrixTests
{
    /// <summary>The public observables, by name. Each gets at least one item from <see cref="Stage.StimulateAsync"/>.</summary>
    private static readonly SortedDictionary<string, Func<Stage, IScheduler?, IObservable<object>>> Streams = new(StringComparer.Ordinal)
    {
        ["IncomingSessions"] = static (stage, scheduler) => stage.Hub.IncomingSessions(scheduler),
        ["SessionEvents"] = static (stage, scheduler) => stage.Hub.SessionEvents(scheduler),
        ["SessionClosures"] = static (stage, scheduler) => stage.Hub.SessionClosures(scheduler),
        ["BroadcastEvents"] = static (stage, scheduler) => stage.Hub.BroadcastEvents(scheduler),
        ["Notices"] = static (stage, scheduler) => stage.Hub.Notices(scheduler),
        ["OpenSessions"] = static (stage, scheduler) => stage.Hub.OpenSessions(scheduler),
        ["Announcements"] = static (stage, scheduler) => stage.Hub.Announcements(scheduler: scheduler),
        ["Connect"] = static (stage, scheduler) => stage.Hub.Connect(stage.ToGuest, scheduler),
        ["Reconnect"] = static (stage, scheduler) => stage.Hub.Reconnect(stage.ToGuest, scheduler: scheduler),
        ["session.Announcements"] = static (stage, scheduler) => stage.Session.Announcements(scheduler: scheduler),
        ["session.WatchBroadcast"] = static (stage, scheduler) => stage.Session.WatchBroadcast("guest/live", scheduler),
        ["track.Frames"] = static (stage, scheduler) => stage.Remote.Frames(scheduler).Select(static frame => (object)frame),
        ["track.Groups"] = static (stage, scheduler) => stage.Remote.Groups(scheduler).Do(static group => group.Dispose()),
        ["track.SubscriberCounts()"] = static (stage, scheduler) =>
            stage.Track.SubscriberCounts(scheduler).Select(static count => (object)count),
        ["broadcast.SubscriberCounts()"] = static (stage, scheduler) =>
            stage.Broadcast.SubscriberCounts(scheduler).Select(static count => (object)count),
    };

    private static IEnumerable<string> Names => Streams.Keys;

    [TestCaseSource(nameof(Names))]
    public void ItemsAndEnd_KeepTheContract(string name) => Stage.Run(async stage =>
    {
        using var observer = new ContractObserver<object>().SubscribeTo(Streams[name](stage, null));
        await stage.StimulateAsync();
        Assert.That(observer.Count, Is.GreaterThan(0), "it has items");
        await stage.EndAsync();
        Assert.That(observer.HasEnded, Is.True, "it ends with what it belongs to");
        Assert.That(observer.Breaches, Is.Empty);
    });

    [TestCaseSource(nameof(Names))]
    public void DisposedBeforeTheFirstItem_GetsNothing(string name) => Stage.Run(async stage =>
    {
        var observer = new ContractObserver<object>().SubscribeTo(Streams[name](stage, null));
        observer.Dispose();
        await stage.StimulateAsync();
        await stage.EndAsync();
        Assert.That((observer.Count, observer.HasEnded), Is.EqualTo((0, false)));
        Assert.That(observer.Breaches, Is.Empty);
    });

    [TestCaseSource(nameof(Names))]
    public void DisposedWhileItemIsDelivered_GetsNothingMore(string name) => Stage.Run(async stage =>
    {
        ContractObserver<object>? observer = null;
        observer = new ContractObserver<object>(_ => observer!.Dispose());
        observer.SubscribeTo(Streams[name](stage, null));
        await stage.StimulateAsync();
        await stage.EndAsync();
        Assert.That((observer.Count, observer.HasEnded), Is.EqualTo((1, false)));
        Assert.That(observer.Breaches, Is.Empty);
    });

    [TestCaseSource(nameof(Names))]
    public void OneObservableSubscribedTwice_ServesBoth(string name) => Stage.Run(async stage =>
    {
        var stream = Streams[name](stage, null);
        using var first = new ContractObserver<object>().SubscribeTo(stream);
        using var second = new ContractObserver<object>().SubscribeTo(stream);
        await stage.StimulateAsync();
        await stage.EndAsync();
        Assert.That((first.Count, first.HasEnded), Is.EqualTo((second.Count, second.HasEnded)));
        Assert.That(first.Count, Is.GreaterThan(0));
    });

    [TestCaseSource(nameof(Names))]
    public void OnASchedulerOfTheSubscriber_IsCalledThereOnly(string name) => Stage.Run(async stage =>
    {
        var own = new TestScheduler();
        using var observer = new ContractObserver<object>().SubscribeTo(Streams[name](stage, own));
        await stage.StimulateAsync();
        Assert.That(observer.Count, Is.Zero, "the subscriber's clock has not moved");
        own.AdvanceBy(TimeSpan.TicksPerSecond);
        await stage.PauseAsync(1);
        Assert.That(observer.Count, Is.GreaterThan(0));
        Assert.That(observer.Breaches, Is.Empty);
    });

    [TestCaseSource(nameof(Names))]
    public void ObserverThatThrows_IsSeenOnItsScheduler_AndHarmsNoOther(string name) => Stage.Run(async stage =>
    {
        var thrown = new List<Exception>();
        var catching = stage.Scheduler.Catch<InvalidDataException>(fault =>
        {
            thrown.Add(fault);
            return true;
        });
        using var bad = Streams[name](stage, catching).Subscribe(static _ => throw new InvalidDataException("bad observer"));
        using var good = new ContractObserver<object>().SubscribeTo(Streams[name](stage, null));
        await stage.StimulateAsync();
        await stage.EndAsync();
        Assert.That(
            thrown.Select(static fault => fault.Message), Is.EqualTo(new[] { "bad observer" }), "once, and then it is unsubscribed");
        Assert.That((good.Count > 0, good.HasEnded), Is.EqualTo((true, true)));
        Assert.That(good.Breaches, Is.Empty);
    });

    [TestCaseSource(nameof(Names))]
    public void NullObserver_IsRefused(string name) => Stage.Run(stage =>
    {
        Assert.That(() => Streams[name](stage, null).Subscribe(null!), Throws.ArgumentNullException);
        return Task.CompletedTask;
    });

    [TestCaseSource(nameof(Names))]
    public void SchedulerThatIsDisposed_EndsTheSubscriptionAndHarmsNoOther(string name) => Stage.Run(async stage =>
    {
        using var bad = new ContractObserver<object>().SubscribeTo(Streams[name](stage, new DisposedScheduler()));
        using var good = new ContractObserver<object>().SubscribeTo(Streams[name](stage, null));
        await stage.StimulateAsync();
        Assert.That(bad.Failure, Is.TypeOf<ObjectDisposedException>());
        Assert.That(good.Count, Is.GreaterThan(0));
        Assert.That(bad.Breaches.Concat(good.Breaches), Is.Empty);
    });

    /// <summary>Provides a hub with one guest: each has a broadcast, and the hub reads the track of the guest.</summary>
    private sealed class Stage
    {
        private readonly InMemoryNetwork _network;
        private readonly Moq _guest;
        private readonly TrackProducer _guestTrack;

        private Stage(TestScheduler time)
        {
            Scheduler = time;
            _network = new InMemoryNetwork(time, seed: 3);
            (Hub, _guest) = (_network.AddPeer("hub"), _network.AddPeer("guest"));
            Broadcast = Hub.CreateBroadcast();
            Track = Broadcast.CreateTrack("lines");
            var live = _guest.CreateBroadcast();
            _guestTrack = live.CreateTrack("lines");
            _guest.Publish("guest/live", live);
        }

        public IScheduler Scheduler { get; }

        public Moq Hub { get; }

        public EndpointAddr ToGuest => _network.AddressOf(_guest);

        public MoqSession Session { get; private set; } = null!;

        public TrackConsumer Remote { get; private set; } = null!;

        public BroadcastProducer Broadcast { get; }

        public TrackProducer Track { get; }

        public static void Run(Func<Stage, Task> body)
        {
            var time = new TestScheduler();
            var stage = new Stage(time);
            stage._network.Run(async () =>
            {
                stage.Session = await stage._guest.ConnectAsync(stage._network.AddressOf(stage.Hub));
                await stage.PauseAsync(0.1);
                stage.Session = (await stage.Hub.ReadOpenSessionsAsync().GetAsyncEnumerator().FirstAsync())[0];
                stage.Remote = (await stage.Session.SubscribeAsync("guest/live")).Track("lines");
                await body(stage);
            });
        }

        public ValueTask PauseAsync(double seconds) => _network.Runtime.DelayAsync(TimeSpan.FromSeconds(seconds));

        /// <summary>
        /// Causes an item of every stream: a session opens and ends, a broadcast is published, a reader reads, and a line is written.
        /// </summary>
        public async Task StimulateAsync()
        {
            var visitor = _network.AddPeer("visitor");
            await visitor.ConnectAsync(_network.AddressOf(Hub));
            Hub.Publish("hub/live", Broadcast);
            await PauseAsync(1);
            using (var group = _guestTrack.AppendGroup())
            {
                group.Write("line"u8);
                group.Finish();
            }

            using (Broadcast.Consume().Track("lines").Frames().Subscribe())
                await PauseAsync(1);
            await visitor.ShutdownAsync();
            await PauseAsync(1);
        }

        /// <summary>Ends everything that a stream can belong to.</summary>
        public async Task EndAsync()
        {
            Track.Finish();
            Broadcast.Dispose();
            await Hub.ShutdownAsync();
            await PauseAsync(1);
        }
    }

    private sealed class DisposedScheduler : LocalScheduler
    {
        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
            throw new ObjectDisposedException("a scheduler");
    }
}

/// <summary>What an enumerator has next.</summary>
internal static class FirstOfEnumerator
{
    public static async ValueTask<T> FirstAsync<T>(this IAsyncEnumerator<T> items)
    {
        await using (items)
        {
            Assert.That(await items.MoveNextAsync(), Is.True);
            return items.Current;
        }
    }
}
