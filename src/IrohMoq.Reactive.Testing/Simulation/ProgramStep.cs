namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents one step of a random program. All random choices are made before the program runs, so that a step has the same meaning when
/// other steps are removed.
/// </summary>
/// <param name="Pause">The virtual time until the next step.</param>
internal abstract record ProgramStep(TimeSpan Pause)
{
    /// <summary>Gets the name of the action.</summary>
    public abstract string Action { get; }

    /// <summary>Gets the name of the acting peer, as used in the trace.</summary>
    public virtual string Actor => SimulationLog.Simulation;
}

/// <summary>Represents a step that runs an action of a scenario.</summary>
/// <param name="Name">The name of the action.</param>
/// <param name="Seed">The seed of the random number generator that is passed to the action.</param>
/// <param name="Pause">The virtual time until the next step.</param>
internal sealed record ActionStep(string Name, int Seed, TimeSpan Pause) : ProgramStep(Pause)
{
    public override string Action => Name;

    public override string ToString() => $"{Name} ({Seed}), then {Pause.TotalMilliseconds:0} ms";
}
