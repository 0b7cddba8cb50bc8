namespace IrohMoq.Reactive;

/// <summary>Specifies what happened to a published broadcast.</summary>
public enum BroadcastChange
{
    /// <summary>The broadcast was published under a name that was free.</summary>
    Announced,

    /// <summary>The broadcast was published and replaces another one of the same name, whose end is reported just before.</summary>
    Replaced,

    /// <summary>The broadcast is not published any more.</summary>
    Ended,
}
