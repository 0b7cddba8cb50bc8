using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MoqPipelineTests
{
    private readonly HistoricalScheduler _scheduler = new();
    private readonly List<Exception> _notPosted = [];
    private readonly List<string> _failed = [];
    private readonly List<MoqEffect> _done = [];
    private Exception? _fault;

    [Test]
    public void EventPostedByAHandler_IsReducedAfterTheEventsBeforeIt()
    {
        EventSources? sources = null;
        sources = Start(effect =>
        {
            if (effect is SessionEffect.Announce { Session: 100 })
                sources!.Broadcasts.Post(new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Producer));
        });
        sources.Arrivals.Post(Arrival(100));
        sources.Arrivals.Post(Arrival(101));
        sources.Commands.Post(new MoqEvent.BroadcastPublished(20, "x"));
        Assert.That(_done, Is.Empty, "nothing runs on the poster's stack");
        _scheduler.Start();
        Assert.That(_done, Is.EqualTo(new MoqEffect[]
        {
            new SessionEffect.Create(100, false), new SessionEffect.Open(100), new NoticeEffect.SessionOpened(100),
            new SessionEffect.Create(101, false), new SessionEffect.Open(101), new NoticeEffect.SessionOpened(101),
            new SessionEffect.Announce(100, 20), new SessionEffect.Announce(101, 20), new NoticeEffect.BroadcastPublished(20, false),
            new SessionEffect.Withdraw(100, 20), new SessionEffect.Withdraw(101, 20),
            new NoticeEffect.BroadcastEnded(20, BroadcastEndedBy.Producer), new BroadcastEffect.Forget(20),
        }));
    }

    [Test]
    public void HandlerThatThrows_IsReported_AndTheNextEffectsRun()
    {
        var sources = Start(effect =>
        {
            if (effect is SessionEffect.Open { Session: 100 })
                throw new InvalidDataException("bad effect");
        });
        sources.Arrivals.Post(Arrival(100));
        sources.Arrivals.Post(Arrival(101));
        _scheduler.Start();
        Assert.That(_failed, Is.EqualTo(new[] { $"{new SessionEffect.Open(100)}: bad effect" }));
        Assert.That(_done.OfType<NoticeEffect.SessionOpened>().Select(static opened => opened.Session), Is.EqualTo(new[] { 100L, 101L }));
    }

    [Test]
    public void ReducerThatThrows_FailsThePipelineOnce()
    {
        var sources = Start(static _ => { }, static (state, happened) => happened is MoqEvent.StreamArrived
            ? throw new InvalidDataException("bad rule")
            : MoqReducer.Reduce(state, happened));
        sources.Arrivals.Post(Arrival(100));
        sources.Timers.Post(new MoqEvent.StreamArrived(7));
        sources.Arrivals.Post(Arrival(101));
        _scheduler.Start();
        Assert.That(
            (_fault?.Message, _done.OfType<SessionEffect.Create>().Count()),
            Is.EqualTo(("bad rule", 1)),
            "nothing is reduced after the failure");
    }

    [Test]
    public void SchedulerThatThrows_FailsTheSource()
    {
        var sources = new EventSources(_notPosted.Add);
        Start(sources, new DisposedScheduler(), static _ => { }, MoqReducer.Reduce);
        Assert.That(() => sources.Commands.Post(new MoqEvent.ShutdownRequested()), Throws.Nothing);
        Assert.That(_notPosted.Single(), Is.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void EventsPostedFromManyThreads_AreAllReducedOneAtATime()
    {
        const int Threads = 8;
        const int Each = 2_000;
        using var scheduler = new EventLoopScheduler();
        var (running, overlaps, opened) = (0, 0, 0);
        using var done = new ManualResetEventSlim();
        var sources = new EventSources(_notPosted.Add);
        Start(
            sources,
            scheduler,
            effect =>
            {
                if (Interlocked.Increment(ref running) != 1)
                    overlaps++;
                if (effect is NoticeEffect.BroadcastPublished && ++opened == Threads * Each)
                    done.Set();
                Interlocked.Decrement(ref running);
            },
            MoqReducer.Reduce);
        var threads = Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            var all = new[] { sources.Commands, sources.Arrivals, sources.Dials, sources.Closures, sources.Broadcasts, sources.Timers };
            var source = all[thread % all.Length];
            for (var i = 0; i < Each; i++)
                source.Post(new MoqEvent.BroadcastPublished((thread * Each) + i + 1, "x"));
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.That(done.Wait(TimeSpan.FromMinutes(1)), Is.True, $"{opened} of {Threads * Each} were reduced");
        Assert.That((overlaps, _notPosted.Count, _failed.Count), Is.EqualTo((0, 0, 0)));
    }

    private static MoqEvent.ConnectionArrived Arrival(byte number) => new(number, Peers.Id(number));

    private EventSources Start(Action<MoqEffect> onEffect, MoqRules? rules = null)
    {
        var sources = new EventSources(_notPosted.Add);
        Start(sources, _scheduler, onEffect, rules ?? MoqReducer.Reduce);
        return sources;
    }

    private void Start(EventSources sources, IScheduler scheduler, Action<MoqEffect> onEffect, MoqRules rules)
    {
        void Handle(MoqEffect effect)
        {
            if (scheduler == _scheduler)
                _done.Add(effect);
            onEffect(effect);
        }

        var steps = MoqPipeline.Compose(sources, scheduler, rules, MoqState.Empty(new ReducerConfig(Peers.Id(8), 100_000, 1000)), null);
        steps.HandleEffects(
            new EffectHandlers((effect, fault) => _failed.Add($"{effect}: {fault.Message}"))
            {
                OnDial = Handle,
                OnConnection = Handle,
                OnSession = Handle,
                OnBroadcast = Handle,
                OnNotice = Handle,
                OnReply = Handle,
            },
            null);
        steps.Subscribe(static _ => { }, fault => _fault = fault);
        steps.Connect();
    }

    private sealed class DisposedScheduler : LocalScheduler
    {
        public override IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
            throw new ObjectDisposedException("a scheduler");
    }
}
