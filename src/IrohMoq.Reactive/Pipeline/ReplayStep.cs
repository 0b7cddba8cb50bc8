namespace IrohMoq.Reactive.Pipeline;

/// <summary>What a cursor finds at its place.</summary>
internal enum ReplayStep
{
    /// <summary>An item, which is taken.</summary>
    Item,

    /// <summary>Nothing yet.</summary>
    Wait,

    /// <summary>The end of the stream.</summary>
    End,
}
