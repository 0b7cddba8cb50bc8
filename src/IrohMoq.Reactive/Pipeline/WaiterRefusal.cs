namespace IrohMoq.Reactive.Pipeline;

/// <summary>Why a caller is not even dialed for.</summary>
internal enum WaiterRefusal
{
    /// <summary>The manager has been shut down.</summary>
    ShutDown,

    /// <summary>There are as many sessions as there may be.</summary>
    TooManySessions,
}
