namespace IrohMoq.Reactive.Testing;

/// <summary>
/// One step of a program. Everything that is chosen is drawn before the program runs, so that a step means the same when others are left
/// out.
/// </summary>
/// <param name="Pause">The virtual time until the next step.</param>
internal abstract record ProgramStep(TimeSpan Pause)
{
    /// <summary>Gets the name of the action.</summary>
    public abstract string Action { get; }

    /// <summary>Gets the name in the trace of the peer that acts.</summary>
    public virtual string Actor => SimulationLog.Simulation;
}

/// <summary>A step that runs an action of a scenario.</summary>
/// <param name="Name">The name of the action.</param>
/// <param name="Seed">The seed of the source of random numbers that the action gets.</param>
/// <param name="Pause">The virtual time until the next step.</param>
internal sealed record ActionStep(string Name, int Seed, TimeSpan Pause) : ProgramStep(Pause)
{
    public override string Action => Name;

    public override string ToString() => $"{Name} ({Seed}), then {Pause.TotalMilliseconds:0} ms";
}
