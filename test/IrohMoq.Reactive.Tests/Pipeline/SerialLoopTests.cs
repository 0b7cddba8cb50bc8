using System.Reactive.Concurrency;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SerialLoopTests
{
    private readonly HistoricalScheduler _scheduler = new();
    private readonly List<MoqEffect> _done = [];
    private readonly List<string> _failed = [];

    [Test]
    public void EventPostedByAnEffect_WaitsItsTurn()
    {
        SerialLoop? loop = null;
        loop = Loop(effect =>
        {
            _done.Add(effect);
            if (effect is MoqEffect.Announce { Session: 100 })
                loop!.Post(new MoqEvent.BroadcastEnded(20, "x", BroadcastEndedBy.Producer));
        });
        loop.Post(new MoqEvent.ConnectionArrived(100, Peers.Id(1)));
        loop.Post(new MoqEvent.ConnectionArrived(101, Peers.Id(2)));
        loop.Post(new MoqEvent.BroadcastPublished(20, "x"));
        _scheduler.Start();
        Assert.That(_done, Is.EqualTo(new MoqEffect[]
        {
            new MoqEffect.Establish(100, false), new MoqEffect.Open(100), new MoqEffect.Establish(101, false), new MoqEffect.Open(101),
            new MoqEffect.Announce(100, 20), new MoqEffect.Announce(101, 20), new MoqEffect.ReportPublished(20, false),
            new MoqEffect.Withdraw(100, 20), new MoqEffect.Withdraw(101, 20), new MoqEffect.ForgetBroadcast(20, BroadcastEndedBy.Producer),
        }));
    }

    [Test]
    public void EffectThatThrows_IsReportedAndStopsNothing()
    {
        var loop = Loop(effect =>
        {
            if (effect is MoqEffect.Open { Session: 100 })
                throw new InvalidDataException("bad effect");
            _done.Add(effect);
        });
        loop.Post(new MoqEvent.ConnectionArrived(100, Peers.Id(1)));
        _scheduler.Start();
        loop.Post(new MoqEvent.ConnectionArrived(101, Peers.Id(2)));
        _scheduler.Start();
        Assert.That(_done, Is.EqualTo(new MoqEffect[] { new MoqEffect.Establish(100, false), new MoqEffect.Establish(101, false), new MoqEffect.Open(101) }));
        Assert.That(_failed, Has.Count.EqualTo(1).And.All.Contain("bad effect"));
    }

    [Test]
    public void Burst_IsOneScheduledItem()
    {
        var counting = new CountingScheduler();
        var loop = new SerialLoop(counting, MoqState.Empty(Rules.Terms), _done.Add, (_, _) => { });
        for (var i = 1; i <= 100; i++)
            loop.Post(new MoqEvent.ConnectionArrived(i, Peers.Id((byte)i)));
        Assert.That((counting.Count, _done.Count), Is.EqualTo((1, 0)), "nothing runs on the poster's stack");
        counting.Inner.Start();
        Assert.That((counting.Count, _done.Count), Is.EqualTo((1, 200)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task PostedFromManyThreads_EveryEventIsFoldedOnceAndOneAtATime(CancellationToken cancellationToken)
    {
        const int Threads = 4;
        const int Each = 5_000;
        var inside = 0;
        var overlaps = 0;
        var opened = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var loop = new SerialLoop(
            PipelineSchedulers.Default,
            MoqState.Empty(Rules.Terms with { Connections = int.MaxValue }),
            effect =>
            {
                if (Interlocked.Increment(ref inside) != 1)
                    overlaps++;
                if (effect is MoqEffect.Open && ++opened == Threads * Each)
                    all.TrySetResult();
                Interlocked.Decrement(ref inside);
            },
            (_, _) => { });
        var number = 0L;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    var connection = Interlocked.Increment(ref number);
                    loop.Post(new MoqEvent.ConnectionArrived(connection, Peer(connection)));
                }
            },
            cancellationToken)));
        await all.Task.WaitAsync(cancellationToken);
        Assert.That((overlaps, loop.State.Sessions.Count), Is.EqualTo((0, Threads * Each)));
    }

    private static EndpointId Peer(long number)
    {
        var id = new byte[EndpointId.Size];
        BitConverter.TryWriteBytes(id, number);
        return new EndpointId(id);
    }

    private SerialLoop Loop(Action<MoqEffect> carryOut) =>
        new(_scheduler, MoqState.Empty(Rules.Terms), carryOut, (effect, fault) => _failed.Add($"{effect} {fault.Message}"));

    private sealed class CountingScheduler : IScheduler
    {
        public HistoricalScheduler Inner { get; } = new();

        public int Count { get; private set; }

        public DateTimeOffset Now => Inner.Now;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action)
        {
            Count++;
            return Inner.Schedule(state, action);
        }

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) => Inner.Schedule(state, dueTime, action);

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) => Inner.Schedule(state, dueTime, action);
    }
}
