namespace IrohMoq.Reactive;

/// <summary>How a track treats what it keeps, and readers that cannot keep up.</summary>
public sealed record TrackOptions
{
    /// <summary>Live: old groups are dropped for a reader that falls behind.</summary>
    public static TrackOptions Default { get; } = new();

    /// <summary>0 to 255; the higher, the sooner a group of this track is sent when the path is narrow, among tracks for which subscribers ask the same <see cref="SubscribeOptions.Priority"/>. The default is 0.</summary>
    public byte Priority { get; init; }

    /// <summary>
    /// True if writing waits for the slowest reader rather than dropping groups: use <see cref="GroupProducer.WriteAsync"/> and <see cref="TrackProducer.AppendGroupAsync"/>. Without a reader writing waits as well once the cache is full, unless
    /// <see cref="DropsWithoutReaders"/> is set. The default is false, live.
    /// </summary>
    public bool Lossless { get; init; }

    /// <summary>On a lossless track: true if old groups are dropped while nobody reads the track; false if writing waits for a reader. The default is false.</summary>
    public bool DropsWithoutReaders { get; init; }

    /// <summary>How many groups are kept at most, 1 or more. The newest is always kept. The default is 1,024.</summary>
    public int MaxCachedGroups { get; init; } = 1024;

    /// <summary>
    /// How many bytes of memory are kept at most, 1 or more: blocks of payload, 16 bytes more for each frame and 256 for each group. The newest group is always kept whole. The default is 32 MiB.
    /// </summary>
    public long MaxCachedBytes { get; init; } = 32L << 20;

    /// <summary>How long a group is kept after its first frame could be written, while newer ones come. Without effect on a lossless track. The default is 5 s.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// On a lossless track: how long a reader that takes nothing, although there is something to take, is waited for; then it is cut off with <see cref="MoqErrorCode.SlowReader"/>, and the others go on.
    /// The default is 30 s.
    /// </summary>
    public TimeSpan SlowReaderLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// On a lossless track: how many bytes a second a reader must take on average over <see cref="SlowReaderLimit"/> while it has something to take; below that it is cut off with <see cref="MoqErrorCode.SlowReader"/>. The default is 0: any
    /// rate will do.
    /// </summary>
    public long MinReaderRate { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCachedGroups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCachedBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SlowReaderLimit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(MinReaderRate);
    }
}
