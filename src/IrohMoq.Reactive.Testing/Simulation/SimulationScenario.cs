using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the scenario of a simulation: named actions, from which random programs are generated, and invariants, which are checked.
/// Derive from this class, and add the actions and invariants in the constructor. An instance is used for one run, and its fields are the
/// state of that run.
/// </summary>
/// <remarks>
/// A simulation runs in virtual time on one thread. Actions and overridden methods must await only tasks of peers on <see cref="Network"/>
/// and delays of its <see cref="InMemoryNetwork.Runtime"/>. They must take random numbers only from the generator that is passed to them.
/// </remarks>
public abstract class SimulationScenario
{
    internal const string NothingFails = "nothing fails";
    internal const string EveryWaitEnds = "every wait ends in time";

    private static readonly TimeSpan SettleTime = TimeSpan.FromMinutes(1);

    private readonly List<(string Name, int Weight, Func<Random, Task> Run)> _actions = [];
    private readonly List<(string Name, bool IsWhenSettled, Func<string?> Check)> _invariants = [];
    private readonly List<string> _pending = [];

    /// <summary>Gets the network of this run. The network is available when <see cref="StartAsync"/> is called and later.</summary>
    public InMemoryNetwork Network { get; private set; } = null!;

    /// <summary>Gets the log of the events of this run.</summary>
    internal SimulationLog Log { get; private set; } = null!;

    /// <summary>Gets the function that returns the virtual time of the next scheduled item, or null if there is none.</summary>
    internal Func<TimeSpan?> NextDue { get; private set; } = null!;

    /// <summary>
    /// Gets the invariants of the scenario as sentences: first those of all scenarios, then those that this scenario has added.
    /// </summary>
    internal virtual IReadOnlyList<string> Invariants =>
        [NothingFails, EveryWaitEnds, .. _invariants.Select(static invariant => invariant.Name)];

    /// <summary>Adds an action. Call this method in the constructor.</summary>
    /// <param name="name">The name of the action in reports and in the trace.</param>
    /// <param name="weight">The weight with which the action is chosen among all actions; one or more.</param>
    /// <param name="action">
    /// The function that starts the action. Its argument is a random number generator that is seeded for the step, so that the action draws
    /// the same numbers when other steps are removed. The next step does not wait for the action. The action must have completed without an
    /// exception when the scenario has settled. If there is no object for the action, the action must do nothing.
    /// </param>
    protected void AddAction(string name, int weight, Func<Random, Task> action)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentNullException.ThrowIfNull(action);
        _actions.Add((name, weight, action));
    }

    /// <summary>
    /// Adds a condition that must hold after every step and when the scenario has settled. Call this method in the constructor.
    /// </summary>
    /// <param name="name">The condition, as a sentence.</param>
    /// <param name="check">
    /// The function that checks the condition. It returns <see langword="null"/> if the condition holds; otherwise a description of what
    /// was found instead.
    /// </param>
    protected void AddInvariant(string name, Func<string?> check) => AddInvariant(name, isWhenSettled: false, check);

    /// <summary>Adds a condition that must hold when the scenario has settled. Call this method in the constructor.</summary>
    /// <param name="name">The condition, as a sentence.</param>
    /// <param name="check">
    /// The function that checks the condition. It returns <see langword="null"/> if the condition holds; otherwise a description of what
    /// was found instead.
    /// </param>
    protected void AddFinalInvariant(string name, Func<string?> check) => AddInvariant(name, isWhenSettled: true, check);

    /// <summary>Creates the network of the run. The default implementation creates a network with the default latency and limits.</summary>
    /// <param name="scheduler">The virtual-time scheduler of the run.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <returns>A network that uses the scheduler.</returns>
    protected virtual InMemoryNetwork CreateNetwork(IScheduler scheduler, int seed) => new(scheduler, seed);

    /// <summary>
    /// Prepares the run before the first step, for example adds peers to <see cref="Network"/>. The default implementation does nothing.
    /// </summary>
    /// <returns>A task that completes when the first step can run.</returns>
    protected virtual Task StartAsync() => Task.CompletedTask;

    /// <summary>
    /// Lets the scenario settle after the last step: repairs what the steps have broken, for example restores cut links, and waits until
    /// the state no longer changes. The final invariants are checked afterwards. The default implementation waits for one minute of virtual
    /// time.
    /// </summary>
    /// <returns>A task that completes when the scenario has settled.</returns>
    protected virtual Task SettleAsync() => Network.Runtime.DelayAsync(SettleTime).AsTask();

    /// <summary>
    /// Reports that an invariant does not hold. May be called anywhere, for example in an observer. Only the first report of a run is used.
    /// </summary>
    /// <param name="invariant">The condition that does not hold, as a sentence.</param>
    /// <param name="expected">A description of what was expected.</param>
    /// <param name="seen">A description of what was found instead.</param>
    protected void ReportViolation(string invariant, string expected, string seen) => Log.ReportViolation(invariant, expected, seen);

    /// <summary>Returns a random item of a collection.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="random">The random number generator of the action.</param>
    /// <param name="items">The items, in an order that is the same in every run.</param>
    /// <returns>One of the items, or <see langword="null"/> if the collection is empty.</returns>
    protected static T? Pick<T>(Random random, IReadOnlyCollection<T> items)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(items);
        return items.Count == 0 ? null : items.ElementAt(random.Next(items.Count));
    }

    /// <summary>Returns the text that describes the scenario in reports. The default implementation returns the name of the type.</summary>
    /// <returns>The text that describes the scenario.</returns>
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

    /// <summary>Starts a step of the program. Asynchronous work of the step continues while the next steps run.</summary>
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
