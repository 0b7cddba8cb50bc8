namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents a step of a <see cref="ManagerScenario"/>. The step refers to peers and other objects by number, so that it has the same
/// meaning when other steps are removed. If an object does not exist, the step does nothing.
/// </summary>
/// <param name="Kind">The action.</param>
/// <param name="Peer">The number of the peer that acts.</param>
/// <param name="Other">The number of the other peer, if the action involves two peers.</param>
/// <param name="Value">A random value that determines the remaining choices, such as an object, a count or a size.</param>
/// <param name="Pause">The virtual time until the next step.</param>
internal sealed record ManagerStep(ManagerAction Kind, int Peer, int Other, int Value, TimeSpan Pause) : ProgramStep(Pause)
{
    public override string Action => Kind.ToString();

    public override string Actor => NameOf(Peer);

    /// <summary>Gets a value that indicates whether the action involves two peers.</summary>
    public bool HasOther => Kind is
        ManagerAction.Dial or ManagerAction.DialBoth or ManagerAction.Follow or ManagerAction.Read or ManagerAction.Fetch or
        ManagerAction.Request or ManagerAction.RequestBroadcast or ManagerAction.Cut or ManagerAction.Heal or ManagerAction.Reconnect or
        ManagerAction.Connect or ManagerAction.Admit;

    /// <summary>Gets the description of <see cref="Value"/> in a report; empty for most actions.</summary>
    private string Meaning => Kind switch
    {
        ManagerAction.Read => $": name {ProgramGenerator.NameIn(Value)}, {SimulatedReader.BehaviorOf(Value)}",
        ManagerAction.UpdateReader => $": {ReadingStyle.TextOf(ReadingStyle.Of(Value))}",
        ManagerAction.Request => $": name {ProgramGenerator.NameIn(Value)}, {RequestKind.Of(Value)}",
        ManagerAction.RequestBroadcast => $": {RequestKind.Of(Value)}",
        ManagerAction.WriteMany => $": {BulkWriter.TextOf(Value)}",
        _ => "",
    };

    /// <summary>Returns the name of a peer in the trace.</summary>
    public static string NameOf(int peer) => $"p{peer:00}";

    public override string ToString() =>
        $"{NameOf(Peer)} {Kind}{(HasOther ? " " + NameOf(Other) : "")} ({Value}{Meaning}), then {Pause.TotalMilliseconds:0} ms";
}
