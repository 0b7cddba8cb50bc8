using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>The engine: programs, invariants, shrinking, and traces of scenarios of any kind.</summary>
public sealed class SimulationTests
{
    private const string NoThree = "fewer than three have come";

    [Test]
    public void ViolatedInvariant_IsFoundAfterItsStepAndShrunk()
    {
        var result = Simulation.Run(() => new CountingScenario(), new SimulationOptions { Seed = 1 });
        var found = result.Violation!;
        Assert.That((found.Invariant, found.Seen), Is.EqualTo((NoThree, "3")));
        Assert.That((result.Steps, result.Seed, result.Scenario), Is.EqualTo((found.Step, 1, nameof(CountingScenario))));
        Assert.That(found.Program, Has.Count.EqualTo(3).And.All.StartsWith("come ("));
        Assert.That(found.LastLines[^1], Does.EndWith($"simulation violated: {NoThree}"));
        Assert.That(found.ToString(), Does.StartWith($"seed 1, CountingScenario, 100 steps: violated in step {found.Step}, at "));
        Assert.That(result.Invariants, Is.EqualTo(new[] { "nothing fails", "every wait ends in time", NoThree }));
        Assert.That(
            Simulation.Run(() => new CountingScenario(), new SimulationOptions { Seed = 1 }).Violation!.ToString(),
            Is.EqualTo(found.ToString()));
    }

    [Test]
    public void NotShrunk_ProgramHasAllStepsUpToTheViolation()
    {
        var found = Simulation.Run(() => new CountingScenario(), new SimulationOptions { Seed = 1, Shrink = false }).Violation!;
        Assert.That(found.Program, Has.Count.EqualTo(found.Step));
    }

    [Test]
    public void StepsOfEachAction_AreInProportionToItsWeight()
    {
        var counts = Simulation.Run(() => new CountingScenario(limit: int.MaxValue), new SimulationOptions { Steps = 1000 }).Counts;
        Assert.That(counts["step come"] / (double)counts["step go"], Is.EqualTo(3).Within(0.6));
        Assert.That(counts["step come"] + counts["step go"], Is.EqualTo(1000));
    }

    [Test]
    public void FailedAction_IsAViolation()
    {
        var found = Simulation.Run(() => new OneAction(static _ => throw new InvalidDataException("a bug"))).Violation!;
        Assert.That((found.Invariant, found.Step), Is.EqualTo(("nothing fails", 1)));
        Assert.That(found.Seen, Does.Contain("a bug"));
    }

    [Test]
    public void ActionThatNeverEnds_IsAViolation()
    {
        var found = Simulation.Run(() => new OneAction(static network => new Completion<bool>(network.Runtime).Task)).Violation!;
        Assert.That((found.Invariant, found.Step, found.Program.Count), Is.EqualTo(("every wait ends in time", 101, 1)));
    }

    [Test]
    public void SameSeedInAnotherProcess_SameTrace()
    {
        var lines = Enumerable.Range(0, 5).Select(
            static seed => $"seed {seed}: {Simulation.Run(() => new RoomScenario(), new() { Seed = seed }).TraceSha256}");
        var story = string.Join('\n', lines);
        Assert.That(AnotherProcess.Says(story), Is.EqualTo(story));
        Assert.That(story.Split('\n').Select(static line => line[8..]).Distinct().Count(), Is.EqualTo(5));
    }

    [Test]
    public void ScenarioWithoutActions_IsRefused() =>
        Assert.That(() => Simulation.Run(() => new OneAction(null)), Throws.InvalidOperationException.With.Message.Contains("AddAction"));

    [Test]
    public void OptionsOutOfRange_AreRefused()
    {
        foreach (var options in new SimulationOptions[] { new() { Steps = 0 }, new() { Pause = TimeSpan.Zero } })
            Assert.That(() => Simulation.Run(() => new RoomScenario(), options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new CountingScenario(weight: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private sealed class CountingScenario : SimulationScenario
    {
        private int _count;

        public CountingScenario(int limit = 3, int weight = 1)
        {
            AddAction("come", weight: 3, _ => Task.FromResult(++_count));
            AddAction("go", weight, _ => Task.FromResult(_count = Math.Max(_count - 1, 0)));
            AddInvariant(NoThree, () => _count < limit ? null : $"{_count}");
        }
    }

    private sealed class OneAction : SimulationScenario
    {
        public OneAction(Func<InMemoryNetwork, Task>? action)
        {
            if (action is not null)
                AddAction("act", weight: 1, _ => action(Network));
        }
    }
}
