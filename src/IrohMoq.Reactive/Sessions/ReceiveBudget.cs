namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// What one session keeps for its local readers at most, divided among the subscriptions that keep something: each has a share of its own,
/// so that a reader that is slow takes nothing from another. Safe for any thread.
/// </summary>
internal sealed class ReceiveBudget(SessionLimits limits)
{
    /// <summary>A subscription that keeps less does not count: most keep next to nothing.</summary>
    public const long Least = 64 << 10;

    /// <summary>By so much what a subscription keeps may differ from what is counted: this is asked for every frame.</summary>
    public const long Step = 16 << 10;

    private int _holders;
    private long _kept;

    /// <summary>How many bytes one subscription may keep now.</summary>
    public long Share => Math.Max(Least, Math.Min(limits.ReceivedShare, limits.ReceivedBudget / Math.Max(1, Volatile.Read(ref _holders))));

    /// <summary>How many bytes of one subscription may still come after its publisher was asked to wait.</summary>
    public long BeyondShare => limits.BytesInFlight + (limits.LosslessGroupsInWriting * limits.StreamWindow);

    /// <summary>
    /// How many bytes more all subscriptions together may keep beyond their shares. A publisher that heeds no pause would take the room of
    /// a lossless track once for each subscription.
    /// </summary>
    public long LeftBeyondShares => Math.Max(0, limits.ReceivedBeyondShares - Interlocked.Read(ref _kept));

    /// <summary>A subscription keeps so many bytes more, or, below 0, less.</summary>
    public void Count(long bytes) => Interlocked.Add(ref _kept, bytes);

    /// <summary>A subscription keeps more than a little.</summary>
    public void Enter() => Interlocked.Increment(ref _holders);

    /// <summary>It keeps little again.</summary>
    public void Leave() => Interlocked.Decrement(ref _holders);
}
