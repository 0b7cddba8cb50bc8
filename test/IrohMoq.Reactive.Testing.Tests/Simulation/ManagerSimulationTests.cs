using System.Reflection;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Random programs of the manager with 2 to 50 peers: every invariant holds, and a seed has one trace.</summary>
public sealed class ManagerSimulationTests
{
    // In this simulation the end of a connection and the result of a dial are reported at once, so no dial finds its session ended, and
    // no session waits for a dial. A manager that dials again opens a stream at once, so none of its connections stays silent. The
    // programs of the reducer have these events. Nothing is read by name: the scenario of relays does that.
    private static readonly Type[] NeverHere =
    [
        typeof(MoqEvent.CandidateTimedOut), typeof(MoqEvent.ReadingBegan), typeof(SessionEffect.Park),
    ];

    private static readonly Type[] Events = KindsOf(typeof(MoqEvent));

    private static readonly Type[] Effects = KindsOf(typeof(MoqEffect));

    public static IEnumerable<PropertyInfo> Constants =>
        new[] { typeof(ManagerOptions), typeof(SimulationOptions) }.SelectMany(static type => type.GetProperties()).Where(
            static property => property.CanWrite && property.PropertyType == typeof(TimeSpan) || property.PropertyType == typeof(long));

    [Test]
    public void FiveHundredSeeds_NothingIsViolated()
    {
        var results = Seeds.Run(
            static seed => new ManagerOptions { Simulation = new SimulationOptions { Seed = seed } },
            static result => result.Violation is not null);

        Assert.That(results.Select(static result => result.Violation).FirstOrDefault(static violation => violation is not null), Is.Null);
        Assert.That(results, Has.Count.EqualTo(Seeds.Count));
        Assert.That(
            results.Select(static result => result.Scenario),
            Has.Some.EqualTo($"{ManagerOptions.MinPeers} peers").And.Some.EqualTo($"{ManagerOptions.MaxPeers} peers"));
        Assert.That(
            results.Sum(static result => result.Lines) / (double)results.Sum(static result => result.Steps),
            Is.InRange(5, 50),
            "the lines of each step: a program does something, and no event repeats itself without end");
        Assert.That(
            results.Select(static result => result.TraceSha256).Distinct().Count(),
            Is.EqualTo(Seeds.Count),
            "each seed is a trace of its own");

        var counts = results.SelectMany(static result => result.Counts)
            .GroupBy(static entry => entry.Key)
            .ToDictionary(static kind => kind.Key, static kind => kind.Sum(static entry => entry.Value));
        Assert.That(
            Events.Select(static type => $"event {type.Name}"),
            Is.SubsetOf(counts.Keys),
            "everything that can happen to a pipeline happens");
        Assert.That(
            Effects.Select(static type => $"effect {type.Name}").Distinct(),
            Is.SubsetOf(counts.Keys),
            "and everything that it can do is done");
        Assert.That(
            Enum.GetValues<ManagerAction>().Where(static kind => kind < ManagerAction.WriteMany).Select(static kind => $"step {kind}"),
            Is.SubsetOf(counts.Keys));
        var (events, lines) = (results.Sum(ManagerScenario.EventsOf), results.Sum(static result => result.Lines));
        TestContext.Out.WriteLine($"{events} events, {lines} lines, {results.Sum(static result => result.Steps)} steps");
    }

    [Test]
    public void SameSeedInAnotherProcess_SameTrace()
    {
        var lines = new List<string>();
        foreach (var seed in Enumerable.Range(0, 20))
        {
            // One trace is compared whole, so that the first different line shows.
            var program = new SimulationOptions { Seed = seed, Steps = 200 };
            var result = ManagerScenario.Run(new ManagerOptions { Simulation = program with { OnLine = seed == 0 ? lines.Add : null } });
            Assert.That(
                ManagerScenario.Run(new ManagerOptions { Simulation = program }).TraceSha256,
                Is.EqualTo(result.TraceSha256),
                $"seed {seed} again");
            lines.Add($"seed {seed}: {result.TraceSha256}");
        }

        var story = string.Join('\n', lines);
        Assert.That(AnotherProcess.Says(story), Is.EqualTo(story));
    }

    [TestCaseSource(nameof(Constants))]
    public void ChangedConstant_ChangesTheTrace(PropertyInfo constant)
    {
        var options = new ManagerOptions { Simulation = new SimulationOptions { Seed = 3, Steps = 200 }, Peers = 8 };
        var before = ManagerScenario.Run(options).TraceSha256;
        var changed = options with { Simulation = options.Simulation with { } };
        object owner = constant.DeclaringType == typeof(ManagerOptions) ? changed : changed.Simulation;
        constant.SetValue(
            owner,
            constant.GetValue(owner) is TimeSpan time
                ? time + TimeSpan.FromMilliseconds(1)
                : (object)((long)constant.GetValue(owner)! + 1000));
        Assert.That(ManagerScenario.Run(changed).TraceSha256, Is.Not.EqualTo(before));
    }

    [Test]
    public void Trace_HasEverythingWithTimeAndPeer()
    {
        var lines = new List<string>();
        var result = ManagerScenario.Run(new ManagerOptions { Simulation = new SimulationOptions { Seed = 1, OnLine = lines.Add } });
        Assert.That(lines, Has.Count.EqualTo(result.Lines));
        Assert.That(lines, Has.All.Match(@"^\d\d:\d\d:\d\d(\.\d{7})? (p\d\d|simulation) \S"));
        string[] kinds =
        [
            "step Dial", "event", "effect", "delivery", "frame sent", "frame received",
            "connect ends", "subscribe ends", "read ends", "shutdown ends",
        ];
        foreach (var kind in kinds)
            Assert.That(lines, Has.Some.Contains($" {kind}: "));
    }

    [Test]
    public void EveryStateAndEvent_CanBeCollected()
    {
        var seen = new HashSet<Type>();
        var visited = 0L;
        foreach (var seed in Enumerable.Range(0, 100))
        {
            var before = visited;
            var result = ManagerScenario.Run(new ManagerOptions
            {
                Simulation = new SimulationOptions { Seed = seed },
                Visited = (state, happened) =>
                {
                    visited++;
                    seen.Add(happened.GetType());
                    Assert.That(state.Peers.Values.Sum(static peer => peer.Connections.Count), Is.EqualTo(state.Connections.Count));
                },
            });
            Assert.That(visited - before, Is.EqualTo(ManagerScenario.EventsOf(result)));
        }

        Assert.That(seen, Is.EquivalentTo(Events));
    }

    [Test]
    public void CanceledToken_EndsTheRun()
    {
        using var stop = new CancellationTokenSource();
        var lines = 0;
        var options = new SimulationOptions
        {
            OnLine = _ =>
            {
                if (++lines == 100)
                    stop.Cancel();
            },
        };
        Assert.That(
            () => ManagerScenario.Run(new ManagerOptions { Simulation = options }, stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(lines, Is.LessThan(ManagerScenario.Run(new ManagerOptions()).Lines));
    }

    [Test]
    public void OptionsOutOfRange_AreRefused()
    {
        ManagerOptions[] wrong =
        [
            new() { Peers = 1 }, new() { Peers = 51 }, new() { Latency = TimeSpan.FromTicks(-1) },
            new() { Jitter = TimeSpan.FromTicks(-1) }, new() { Bandwidth = 999 }, new() { IdleTimeout = default },
            new() { DialTimeout = default }, new() { SubscribeTimeout = default }, new() { ShutdownTimeout = default },
            new() { Linger = TimeSpan.FromTicks(-1) }, new() { DecisionTimeout = default },
            new() { Simulation = new SimulationOptions { Steps = 0 } }, new() { Simulation = new SimulationOptions { Pause = default } },
        ];
        foreach (var options in wrong)
            Assert.That(() => ManagerScenario.Run(options), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static Type[] KindsOf(Type parent) =>
    [
        .. parent.Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(parent) && !type.IsAbstract && !NeverHere.Contains(type)),
    ];
}
