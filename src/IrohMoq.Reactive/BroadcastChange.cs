namespace IrohMoq.Reactive;

/// <summary>What became of a name that is published here.</summary>
public enum BroadcastChange
{
    /// <summary>A broadcast has it that nobody had before.</summary>
    Announced,

    /// <summary>A broadcast has it instead of another one, whose end comes just before.</summary>
    Replaced,

    /// <summary>Its broadcast has it no longer.</summary>
    Ended,
}
