namespace IrohMoq.Reactive;

/// <summary>Specifies what ended the publication of a broadcast.</summary>
public enum BroadcastEndedBy
{
    /// <summary>The producer of the broadcast was finished, aborted or disposed.</summary>
    Producer,

    /// <summary>The registration that <see cref="Moq.Publish(BroadcastPath, BroadcastProducer)"/> returned was disposed.</summary>
    Registration,

    /// <summary>Another broadcast was published under the same name.</summary>
    Replacement,

    /// <summary>The manager was shut down, or its endpoint failed.</summary>
    Shutdown,
}
