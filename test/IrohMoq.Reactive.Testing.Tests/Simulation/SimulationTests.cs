using System.Diagnostics;
using System.Reflection;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Random programs: whatever may happen among 2 to 50 peers, what must hold holds, and one seed is one trace.</summary>
public sealed class SimulationTests
{
    // In memory a connection reports its end, and a dial its result, within the instant: none finds the session over that it was to carry, and none is waited for. A manager that dials again opens a stream at once, so none of its
    // connections stays silent. The reducer's own programs have these.
    private static readonly Type[] NeverInMemory = [typeof(MoqEvent.CandidateTimedOut), typeof(SessionEffect.Park)];

    private static readonly Type[] Events = KindsOf(typeof(MoqEvent));

    private static readonly Type[] Effects = KindsOf(typeof(MoqEffect));

    public static IEnumerable<PropertyInfo> Constants =>
        typeof(SimulationOptions).GetProperties().Where(static property => property.PropertyType == typeof(TimeSpan) || property.PropertyType == typeof(long));

    [Test]
    [CancelAfter(120_000)]
    public void FiveHundredSeeds_NothingIsViolated()
    {
        var started = Stopwatch.GetTimestamp();
        var results = Seeds.Run(static seed => new SimulationOptions { Seed = seed }, static result => result.Violation is not null);
        var took = Stopwatch.GetElapsedTime(started);

        Assert.That(results.Select(static result => result.Violation).FirstOrDefault(static violation => violation is not null), Is.Null);
        Assert.That(results, Has.Count.EqualTo(Seeds.Count));
        Assert.That(took, Is.LessThan(TimeSpan.FromMinutes(2)));
        Assert.That(results.Select(static result => result.Peers), Has.Some.EqualTo(SimulationOptions.FewestPeers).And.Some.EqualTo(SimulationOptions.MostPeers));
        Assert.That(results.Sum(static result => result.Lines) / (double)results.Sum(static result => result.Steps), Is.GreaterThan(5), "lines a step");
        Assert.That(results.Select(static result => result.TraceSha256).Distinct().Count(), Is.EqualTo(Seeds.Count), "each seed is a trace of its own");

        var counts = results.SelectMany(static result => result.Counts).GroupBy(static entry => entry.Key).ToDictionary(static kind => kind.Key, static kind => kind.Sum(static entry => entry.Value));
        Assert.That(Events.Select(static type => $"event {type.Name}"), Is.SubsetOf(counts.Keys), "everything that can happen to a pipeline happens");
        Assert.That(Effects.Select(static type => $"effect {type.Name}").Distinct(), Is.SubsetOf(counts.Keys), "and everything that it can do is done");
        Assert.That(Enum.GetValues<StepKind>().Where(static kind => kind < StepKind.Pour).Select(static kind => $"step {kind}"), Is.SubsetOf(counts.Keys));
        TestContext.Out.WriteLine($"{results.Sum(static result => result.Events)} events, {results.Sum(static result => result.Lines)} lines in {took.TotalSeconds:0.0} s");
    }

    [Test]
    public void SameSeedInAnotherProcess_SameTrace()
    {
        var lines = new List<string>();
        foreach (var seed in Enumerable.Range(0, 20))
        {
            // One trace is told whole: its lines show where two part.
            var result = Simulation.Run(new SimulationOptions { Seed = seed, Steps = 200, OnLine = seed == 0 ? lines.Add : null });
            Assert.That(Simulation.Run(new SimulationOptions { Seed = seed, Steps = 200 }).TraceSha256, Is.EqualTo(result.TraceSha256), $"seed {seed} again");
            lines.Add($"seed {seed}: {result.TraceSha256}");
        }

        var story = string.Join('\n', lines);
        Assert.That(AnotherProcess.Says(story), Is.EqualTo(story));
    }

    [TestCaseSource(nameof(Constants))]
    public void AConstantThatChanges_ChangesTheTrace(PropertyInfo constant)
    {
        var options = new SimulationOptions { Seed = 3, Steps = 200, Peers = 8 };
        var before = Simulation.Run(options).TraceSha256;
        var changed = options with { };
        constant.SetValue(changed, constant.GetValue(options) is TimeSpan time ? time + TimeSpan.FromMilliseconds(1) : (object)((long)constant.GetValue(options)! + 1000));
        Assert.That(Simulation.Run(changed).TraceSha256, Is.Not.EqualTo(before));
    }

    [Test]
    public void TheTrace_TellsEverythingWithTimeAndPeer()
    {
        var lines = new List<string>();
        var result = Simulation.Run(new SimulationOptions { Seed = 1, OnLine = lines.Add });
        Assert.That(lines, Has.Count.EqualTo(result.Lines));
        Assert.That(lines, Has.All.Match(@"^\d\d:\d\d:\d\d(\.\d{7})? (p\d\d|simulation) \S"));
        foreach (var kind in new[] { "step Dial", "event", "effect", "delivery", "frame sent", "frame received", "connect ends", "subscribe ends", "read ends", "shutdown ends" })
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
            var result = Simulation.Run(new SimulationOptions
            {
                Seed = seed,
                Visited = (state, happened) =>
                {
                    visited++;
                    seen.Add(happened.GetType());
                    Assert.That(state.Peers.Values.Sum(static peer => peer.Connections.Count), Is.EqualTo(state.Connections.Count));
                },
            });
            Assert.That(visited - before, Is.EqualTo(result.Events));
        }

        Assert.That(seen, Is.EquivalentTo(Events));
    }

    [Test]
    public void ACanceledToken_EndsTheRun()
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
        Assert.That(() => Simulation.Run(options, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(lines, Is.LessThan(Simulation.Run(new SimulationOptions()).Lines));
    }

    [Test]
    public void OptionsOutOfRange_AreRefused()
    {
        SimulationOptions[] wrong =
        [
            new() { Peers = 1 }, new() { Peers = 51 }, new() { Steps = 0 }, new() { Latency = TimeSpan.FromTicks(-1) }, new() { Jitter = TimeSpan.FromTicks(-1) }, new() { Bandwidth = 999 },
            new() { Pause = default }, new() { IdleTimeout = default }, new() { DialTimeout = default }, new() { SubscribeTimeout = default }, new() { ShutdownTimeout = default },
            new() { Linger = TimeSpan.FromTicks(-1) }, new() { DecisionTimeout = default },
        ];
        foreach (var options in wrong)
            Assert.That(() => Simulation.Run(options), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static Type[] KindsOf(Type parent) =>
        [.. parent.Assembly.GetTypes().Where(type => type.IsAssignableTo(parent) && !type.IsAbstract && !NeverInMemory.Contains(type))];
}
