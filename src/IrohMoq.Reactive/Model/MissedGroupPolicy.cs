namespace IrohMoq.Reactive;

/// <summary>
/// Specifies what happens when a reader misses a group. Whether a writer waits for slow readers instead, so that they miss none, is a
/// property of the track: see <see cref="TrackOptions.Lossless"/>.
/// </summary>
/// <remarks>
/// The writer is one for all readers, and only its application knows whether it can wait. ADR 9, docs/adr/0009-who-is-held-back-by-whom.md,
/// gives the reasons.
/// </remarks>
public enum MissedGroupPolicy
{
    /// <summary>The reader continues with the next group, and the missed groups are counted.</summary>
    Skip,

    /// <summary>The reading fails with <see cref="MoqErrorCode.Evicted"/>.</summary>
    Fail,
}
