namespace IrohMoq.Reactive;

/// <summary>
/// Specifies what happens when a reader misses a group. Whether a writer waits for slow readers instead, so that they miss none, is a
/// property of the track: see <see cref="TrackOptions.Lossless"/>.
/// </summary>
public enum MissedGroupPolicy
{
    /// <summary>The reader continues with the next group, and the missed groups are counted.</summary>
    Skip,

    /// <summary>The reading fails with <see cref="MoqErrorCode.Evicted"/>.</summary>
    Fail,
}
