using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>How a track treats what it keeps, and readers that cannot keep up.</summary>
public sealed record TrackOptions
{
    /// <summary>Gets the options of a live track: old groups are dropped for a reader that falls behind.</summary>
    public static TrackOptions Default { get; } = new();

    /// <summary>
    /// Gets the priority of the track, 0 to 255. The higher it is, the sooner its groups are sent when the path is narrow, among tracks
    /// for which subscribers ask the same <see cref="SubscribeOptions.Priority"/>. The default is 0.
    /// </summary>
    public byte Priority { get; init; }

    /// <summary>
    /// Gets a value indicating whether a writer waits for the slowest reader instead of dropping groups: use
    /// <see cref="GroupProducer.WriteAsync"/> and <see cref="TrackProducer.AppendGroupAsync"/>. Without a reader a writer waits as well
    /// once the cache is full, unless <see cref="DropsWithoutReaders"/> is true. The default is false: the track is live.
    /// </summary>
    public bool Lossless { get; init; }

    /// <summary>
    /// Gets a value indicating whether a lossless track drops old groups while it has no reader; otherwise a writer waits for a reader. It
    /// has no effect on a live track. The default is false.
    /// </summary>
    public bool DropsWithoutReaders { get; init; }

    /// <summary>
    /// Gets the maximum number of groups that are kept, 1 or more. The newest group is always kept. The default is 1,024.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxCachedGroups
    {
        get;
        init => field = AtLeast(value, 1);
    } = 1024;

    /// <summary>
    /// Gets the maximum memory that is kept, in bytes, 1 or more: the blocks of the payloads, 16 bytes for each frame and 256 for each
    /// group. The newest group is always kept whole. The default is 32 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long MaxCachedBytes
    {
        get;
        init => field = AtLeast(value, 1);
    } = 32L << 20;

    /// <summary>
    /// Gets how long a group is kept after it was begun, while there are newer ones. It has no effect on a lossless track. The default is
    /// 5 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not greater than zero.</exception>
    public TimeSpan MaxAge
    {
        get;
        init => field = GreaterThanZero(value);
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets how long a lossless track waits for a reader that takes nothing although there is something to take. Then the reader is cut
    /// off with <see cref="MoqErrorCode.SlowReader"/>, and the others go on. The default is 30 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not greater than zero.</exception>
    public TimeSpan SlowReaderLimit
    {
        get;
        init => field = GreaterThanZero(value);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the lowest rate, in bytes per second, at which a reader of a lossless track must read on average over
    /// <see cref="SlowReaderLimit"/>, while it has something to read. A slower reader is cut off with
    /// <see cref="MoqErrorCode.SlowReader"/>. The default is 0: every rate is accepted.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long MinReaderRate
    {
        get;
        init => field = AtLeast(value, 0);
    }

    private static int AtLeast(int value, int least, [CallerMemberName] string property = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, property);
        return value;
    }

    private static long AtLeast(long value, int least, [CallerMemberName] string property = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, property);
        return value;
    }

    private static TimeSpan GreaterThanZero(TimeSpan value, [CallerMemberName] string property = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, property);
        return value;
    }
}
