namespace IrohMoq.Reactive;

/// <summary>Specifies what happened to a published broadcast.</summary>
public enum BroadcastChange
{
    /// <summary>The broadcast was published under an unused name.</summary>
    Announced,

    /// <summary>
    /// The broadcast was published and replaced another one with the same name, whose end is reported immediately before.
    /// </summary>
    Replaced,

    /// <summary>The broadcast is not published any more.</summary>
    Ended,
}
