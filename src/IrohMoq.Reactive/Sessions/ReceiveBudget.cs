namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The memory that a connection keeps for its local readers, divided among the subscriptions that keep something. Each has a share of its
/// own, so that a slow reader takes nothing from another. This type is thread-safe.
/// </summary>
internal sealed class ReceiveBudget(SessionLimits limits)
{
    /// <summary>The memory, in bytes, below which a subscription does not count: most keep next to nothing.</summary>
    public const long MinCounted = 64 << 10;

    /// <summary>
    /// The maximum difference, in bytes, between what a subscription keeps and what is counted, because counting every frame would be
    /// expensive.
    /// </summary>
    public const long Step = 16 << 10;

    private int _holders;
    private long _kept;

    /// <summary>Gets the memory, in bytes, that one subscription may keep now.</summary>
    public long Share =>
        Math.Max(MinCounted, Math.Min(limits.ReceivedShare, limits.ReceivedBudget / Math.Max(1, Volatile.Read(ref _holders))));

    /// <summary>Gets how many bytes of one subscription may still come after its publisher was asked to wait.</summary>
    public long BeyondShare => limits.BytesInFlight + (limits.LosslessGroupsInWriting * limits.StreamWindow);

    /// <summary>
    /// Gets how many more bytes all subscriptions together may keep beyond their shares. Otherwise a publisher that ignores the request to
    /// wait would take the room of a lossless track once for each subscription.
    /// </summary>
    public long LeftBeyondShares => Math.Max(0, limits.ReceivedBeyondShares - Interlocked.Read(ref _kept));

    /// <summary>Counts bytes that a subscription keeps; a negative number is kept no longer.</summary>
    public void Count(long bytes) => Interlocked.Add(ref _kept, bytes);

    /// <summary>Counts a subscription that keeps more than <see cref="MinCounted"/>.</summary>
    public void Enter() => Interlocked.Increment(ref _holders);

    /// <summary>Counts a subscription no longer.</summary>
    public void Leave() => Interlocked.Decrement(ref _holders);
}
