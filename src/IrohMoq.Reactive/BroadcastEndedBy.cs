namespace IrohMoq.Reactive;

/// <summary>What took a published broadcast back.</summary>
public enum BroadcastEndedBy
{
    /// <summary>Its producer finished, aborted or disposed it.</summary>
    Producer,

    /// <summary>The registration that publishing it returned was disposed.</summary>
    Registration,

    /// <summary>Another broadcast was published under its name.</summary>
    Replacement,

    /// <summary>The manager was shut down, or its endpoint died.</summary>
    Shutdown,
}
