using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// What a simulation runs and checks: named actions, of which a program is a random sequence, and invariants. Derive from it, and add
/// actions and invariants in the constructor. An instance is used for one run: its fields are the state of that run.
/// </summary>
/// <remarks>
/// Everything runs in virtual time on one thread. Actions and hooks await only tasks of peers on <see cref="Network"/> and delays of its
/// <see cref="InMemoryNetwork.Runtime"/>, and draw random numbers only from the source that they are given.
/// </remarks>
public abstract class SimulationScenario
{
    internal const string NothingFails = "nothing fails";
    internal const string EveryWaitEnds = "every wait ends in time";

    private static readonly TimeSpan SettleTime = TimeSpan.FromMinutes(1);

    private readonly List<(string Name, int Weight, Func<Random, Task> Run)> _actions = [];
    private readonly List<(string Name, bool IsWhenSettled, Func<string?> Check)> _invariants = [];
    private readonly List<string> _pending = [];

    /// <summary>Gets the network of this run. It is available from <see cref="StartAsync"/> on.</summary>
    public InMemoryNetwork Network { get; private set; } = null!;

    /// <summary>Gets the log of the events of this run.</summary>
    internal SimulationLog Log { get; private set; } = null!;

    /// <summary>Gets the virtual time at which something will happen next, or null if nothing will.</summary>
    internal Func<TimeSpan?> NextDue { get; private set; } = null!;

    /// <summary>Gets the invariants of the scenario, those that hold for every scenario first.</summary>
    internal virtual IReadOnlyList<string> Invariants =>
        [NothingFails, EveryWaitEnds, .. _invariants.Select(static invariant => invariant.Name)];

    /// <summary>Adds an action. Call it from the constructor.</summary>
    /// <param name="name">The name in reports and in the trace.</param>
    /// <param name="weight">How often the action is chosen in proportion to the others; one or more.</param>
    /// <param name="action">
    /// Starts the action. It gets a source of random numbers of its own, seeded for its step, so that it draws the same when other steps
    /// are left out. The next step does not wait for it; it must have completed, without an exception, when the scenario has settled. It
    /// does nothing if there is nothing that it could act on.
    /// </param>
    protected void AddAction(string name, int weight, Func<Random, Task> action)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentNullException.ThrowIfNull(action);
        _actions.Add((name, weight, action));
    }

    /// <summary>Adds a condition that must hold after every step and when the scenario has settled. Call it from the constructor.</summary>
    /// <param name="name">The condition, as a sentence.</param>
    /// <param name="check">Returns what was seen instead if the condition does not hold; otherwise <see langword="null"/>.</param>
    protected void AddInvariant(string name, Func<string?> check) => AddInvariant(name, isWhenSettled: false, check);

    /// <summary>Adds a condition that must hold when the scenario has settled. Call it from the constructor.</summary>
    /// <param name="name">The condition, as a sentence.</param>
    /// <param name="check">Returns what was seen instead if the condition does not hold; otherwise <see langword="null"/>.</param>
    protected void AddFinalInvariant(string name, Func<string?> check) => AddInvariant(name, isWhenSettled: true, check);

    /// <summary>Creates the network of the run. The default is a network with the default latency and limits.</summary>
    /// <param name="scheduler">The virtual clock of the run.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <returns>A network on that clock.</returns>
    protected virtual InMemoryNetwork CreateNetwork(IScheduler scheduler, int seed) => new(scheduler, seed);

    /// <summary>Sets the stage before the first step, for example adds peers to <see cref="Network"/>. The default does nothing.</summary>
    /// <returns>A task that completes when the first step can be taken.</returns>
    protected virtual Task StartAsync() => Task.CompletedTask;

    /// <summary>
    /// Brings the run to rest after the last step: heals what the steps have broken, and waits until everything is as it will stay. Final
    /// invariants are checked after it. The default waits for a minute.
    /// </summary>
    /// <returns>A task that completes when the scenario has settled.</returns>
    protected virtual Task SettleAsync() => Network.Runtime.DelayAsync(SettleTime).AsTask();

    /// <summary>
    /// Reports that an invariant does not hold, from wherever that is seen, for example an observer. Only the first report of a run counts.
    /// </summary>
    /// <param name="invariant">The condition that does not hold, as a sentence.</param>
    /// <param name="expected">What was expected.</param>
    /// <param name="seen">What was seen instead.</param>
    protected void ReportViolation(string invariant, string expected, string seen) => Log.ReportViolation(invariant, expected, seen);

    /// <summary>Picks an item.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="random">The source of random numbers of the action.</param>
    /// <param name="items">The items, in an order that is the same in every run.</param>
    /// <returns>One of the items, or <see langword="null"/> if there is none.</returns>
    protected static T? Pick<T>(Random random, IReadOnlyCollection<T> items)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(items);
        return items.Count == 0 ? null : items.ElementAt(random.Next(items.Count));
    }

    /// <summary>Returns the text of the scenario in reports. The default is the name of the type.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => GetType().Name;

    internal void Attach(IScheduler scheduler, int seed, Func<TimeSpan?> nextDue)
    {
        NextDue = nextDue;
        Network = CreateNetwork(scheduler, seed);
        Log = new SimulationLog(Network.Trace);
    }

    internal virtual ProgramStep[] CreateProgram(SimulationOptions options)
    {
        if (_actions.Count == 0)
            throw new InvalidOperationException(
                $"The scenario {GetType().Name} has no actions. Add some with AddAction in its constructor.");
        var seed = new Seed(options.Seed);
        var (names, seeds) = (new Random(seed.Number("actions")), new Random(seed.Number("seeds of actions")));
        var pauses = new Pauses(seed, options.Pause);
        return [.. Enumerable.Range(0, options.Steps).Select(_ => new ActionStep(Draw(names), seeds.Next(), pauses.Next()))];
    }

    /// <summary>Takes a step. What takes time goes on beside the next steps.</summary>
    internal virtual void Take(ProgramStep step) => _ = RunActionAsync((ActionStep)step);

    internal virtual void Check(bool isSettled)
    {
        foreach (var (name, isWhenSettled, check) in _invariants)
        {
            if ((isSettled || !isWhenSettled) && check() is { } seen)
                Log.ReportViolation(name, name, seen);
        }

        if (isSettled && _pending.Count > 0)
            Log.ReportViolation(
                EveryWaitEnds, "every action has completed when the scenario has settled", $"{string.Join(", ", _pending)} still run");
    }

    internal Task RunStartAsync() => StartAsync();

    internal Task RunSettleAsync() => SettleAsync();

    private void AddInvariant(string name, bool isWhenSettled, Func<string?> check)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        _invariants.Add((name, isWhenSettled, check));
    }

    private string Draw(Random names)
    {
        var drawn = names.Next(_actions.Sum(static action => action.Weight));
        return _actions.First(action => (drawn -= action.Weight) < 0).Name;
    }

    private async Task RunActionAsync(ActionStep step)
    {
        var name = $"{step.Name} of step {Log.Step}";
        _pending.Add(name);
        try
        {
            await _actions.First(action => action.Name == step.Name).Run(new Random(step.Seed)).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Log.ReportViolation(NothingFails, $"{name} succeeds", failure.ToString());
        }

        _pending.Remove(name);
    }
}
