namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Divides the memory that a connection keeps for its local readers among the subscriptions that keep received data. Each subscription
/// has a share of its own, so that a slow reader takes no memory from another. This type is thread-safe.
/// </summary>
internal sealed class ReceiveBudget(SessionLimits limits)
{
    /// <summary>
    /// The minimum share of a subscription, in bytes. A subscription with at most half of it unread does not take part in the division,
    /// because most subscriptions keep almost nothing.
    /// </summary>
    public const long MinCounted = 64 << 10;

    /// <summary>
    /// The maximum difference, in bytes, between the memory that a subscription keeps and the memory that is counted for it. It exists
    /// because counting every frame would be expensive.
    /// </summary>
    public const long Step = 16 << 10;

    private int _holders;
    private long _kept;

    /// <summary>Gets the memory, in bytes, that one subscription may currently keep.</summary>
    public long Share =>
        Math.Max(MinCounted, Math.Min(limits.ReceivedShare, limits.ReceivedBudget / Math.Max(1, Volatile.Read(ref _holders))));

    /// <summary>Gets the number of bytes of one subscription that may still arrive after its publisher was asked to pause.</summary>
    public long BeyondShare => limits.BytesInFlight + (limits.LosslessGroupsInWriting * limits.StreamWindow);

    /// <summary>
    /// Gets the number of bytes that all subscriptions together may still keep beyond their shares. The limit is a common one, because
    /// a publisher that ignores the request to pause could otherwise use the extra memory of a lossless track once per subscription.
    /// </summary>
    public long LeftBeyondShares => Math.Max(0, limits.ReceivedBeyondShares - Interlocked.Read(ref _kept));

    /// <summary>Adds bytes to the memory that subscriptions keep. A negative number subtracts them.</summary>
    public void Count(long bytes) => Interlocked.Add(ref _kept, bytes);

    /// <summary>Adds a subscription to those among which the memory is divided.</summary>
    public void Enter() => Interlocked.Increment(ref _holders);

    /// <summary>Removes a subscription from those among which the memory is divided.</summary>
    public void Leave() => Interlocked.Decrement(ref _holders);
}
