namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Determines when the writer of a stream has to wait, and when it can continue.</summary>
/// <param name="queue">The number of bytes that are not sent above which the writer has to wait.</param>
/// <param name="budget">The count of all connections, above which all writers have to wait.</param>
internal readonly struct WriteLimit(int queue, ByteBudget budget)
{
    /// <summary>Returns a value that indicates whether a writer has to wait.</summary>
    /// <param name="unsent">The number of bytes of the stream that are not sent.</param>
    public bool IsFull(long unsent) => unsent > queue || budget.IsOver;

    /// <summary>Returns a value that indicates whether at least half of the queue is free.</summary>
    /// <param name="unsent">The number of bytes of the stream that are not sent.</param>
    public bool IsHalfEmpty(long unsent) => unsent <= queue / 2;

    /// <summary>
    /// Returns a value that indicates whether a waiting writer can continue. It waits until half of the queue is free, because a wake-up
    /// for each packet costs more than sending the packet. A writer that waits for the budget continues when the endpoint is within it
    /// again, or when everything was sent: then other streams use the budget up.
    /// </summary>
    /// <param name="unsent">The number of bytes of the stream that are not sent.</param>
    public bool HasRoomAgain(long unsent) => unsent == 0 || (IsHalfEmpty(unsent) && !budget.IsOver);
}
