namespace IrohMoq.Reactive.Testing;

/// <summary>One step of a random program, as a value. It names whom it is about by number, so that it means the same when other steps are left out; where it has no object any more it does nothing.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Peer">Who does it.</param>
/// <param name="Other">With whom, where there are two.</param>
/// <param name="Value">Which one, how many, how large: whatever else is chosen.</param>
/// <param name="Pause">Virtual time until the next step; often none.</param>
internal readonly record struct ProgramStep(StepKind Kind, int Peer, int Other, int Value, TimeSpan Pause)
{
    /// <summary>True if two peers take part.</summary>
    public bool IsAboutTwo => Kind is StepKind.Dial or StepKind.Meet or StepKind.Follow or StepKind.Read or StepKind.Cut or StepKind.Heal;

    /// <summary>What the trace calls a peer.</summary>
    public static string NameOf(int peer) => $"p{peer:00}";

    public override string ToString() => $"{NameOf(Peer)} {Kind}{(IsAboutTwo ? " " + NameOf(Other) : "")} ({Value}{Meaning}), then {Pause.TotalMilliseconds:0} ms";

    /// <summary>What a value means to the steps of a harsh world, for whoever reads a report.</summary>
    private string Meaning => Kind switch
    {
        StepKind.Read => $": name {ProgramWriter.NameIn(Value)}, {HarshReading.MannerOf(Value)}",
        StepKind.Pour => $": {Pouring.TextOf(Value)}",
        _ => "",
    };
}
