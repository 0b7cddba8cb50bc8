namespace IrohMoq.Reactive.Testing;

/// <summary>
/// A step of the program of a <see cref="ManagerScenario"/>. It has the numbers of the peers and of what it is about, so that it means the
/// same when other steps are left out; where there is no such object any more it does nothing.
/// </summary>
/// <param name="Kind">The action.</param>
/// <param name="Peer">The number of the peer that acts.</param>
/// <param name="Other">The number of the other peer, if the action has one.</param>
/// <param name="Value">What else is chosen: which object, how many, how large.</param>
/// <param name="Pause">The virtual time until the next step.</param>
internal sealed record ManagerStep(ManagerAction Kind, int Peer, int Other, int Value, TimeSpan Pause) : ProgramStep(Pause)
{
    public override string Action => Kind.ToString();

    public override string Actor => NameOf(Peer);

    /// <summary>Gets whether two peers take part.</summary>
    public bool HasOther => Kind is
        ManagerAction.Dial or ManagerAction.DialBoth or ManagerAction.Follow or ManagerAction.Read or
        ManagerAction.Cut or ManagerAction.Heal or ManagerAction.Reconnect or ManagerAction.Connect or ManagerAction.Admit;

    /// <summary>Gets the meaning of the value for readers of a report.</summary>
    private string Meaning => Kind switch
    {
        ManagerAction.Read => $": name {ProgramGenerator.NameIn(Value)}, {SimulatedReader.BehaviorOf(Value)}",
        ManagerAction.WriteMany => $": {BulkWriter.TextOf(Value)}",
        _ => "",
    };

    /// <summary>Returns the name of a peer in the trace.</summary>
    public static string NameOf(int peer) => $"p{peer:00}";

    public override string ToString() =>
        $"{NameOf(Peer)} {Kind}{(HasOther ? " " + NameOf(Other) : "")} ({Value}{Meaning}), then {Pause.TotalMilliseconds:0} ms";
}
