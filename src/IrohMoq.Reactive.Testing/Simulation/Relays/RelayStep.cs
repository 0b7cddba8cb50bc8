namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents a step of a <see cref="RelayScenario"/>. The step refers to peers and other objects by number, so that it has the same
/// meaning when other steps are removed. If an object does not exist, the step does nothing.
/// </summary>
/// <param name="Swarm">The peers.</param>
/// <param name="Kind">The action.</param>
/// <param name="Peer">The number of the peer that acts.</param>
/// <param name="Other">The number of the peer that it reads from, if the action involves two peers.</param>
/// <param name="Value">A random value that determines the remaining choices, such as a name or a behavior.</param>
/// <param name="Style">A random value that determines how is read, in addition to <paramref name="Value"/>.</param>
/// <param name="Pause">The virtual time until the next step.</param>
internal sealed record RelayStep(Swarm Swarm, RelayAction Kind, int Peer, int? Other, int Value, int Style, TimeSpan Pause)
    : ProgramStep(Pause)
{
    public override string Action => Kind.ToString();

    public override string Actor => Swarm.NameOf(Peer);

    /// <summary>Gets the description of <see cref="Value"/> in a report; empty for most actions.</summary>
    private string Meaning => Kind switch
    {
        RelayAction.Read => $": {Swarm.BroadcastOf(Value)}, {FrontReading.BehaviorOf(Value)}, {ReadingTerms.TextOf(Style)}",
        RelayAction.Publish or RelayAction.Fetch or RelayAction.Silence or RelayAction.Resume => $": {Swarm.BroadcastOf(Value)}",
        _ => "",
    };

    public override string ToString() =>
        $"{Actor} {Kind}{(Other is { } other ? " " + Swarm.NameOf(other) : "")} ({Value}{Meaning}), then {Pause.TotalMilliseconds:0} ms";
}
