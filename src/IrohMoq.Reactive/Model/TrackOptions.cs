using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>Specifies what a track keeps, and how it treats readers that cannot keep up.</summary>
public sealed record TrackOptions
{
    /// <summary>Gets the options of a live track: old groups are dropped for a reader that falls behind.</summary>
    public static TrackOptions Default { get; } = new();

    /// <summary>
    /// Gets the priority of the track, from 0 to 255. When bandwidth is limited, groups of tracks with a higher priority are sent first,
    /// among tracks for which subscribers request the same <see cref="SubscribeOptions.Priority"/>. The default is 0.
    /// </summary>
    public byte Priority { get; init; }

    /// <summary>
    /// Gets a value indicating whether a writer waits for the slowest reader instead of dropping groups. To write to such a track, use
    /// <see cref="GroupProducer.WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/> and
    /// <see cref="TrackProducer.AppendGroupAsync"/>. A writer also waits while there is no reader and the cache is full, unless
    /// <see cref="DropsWithoutReaders"/> is true. The default is false: the track is live.
    /// </summary>
    public bool Lossless { get; init; }

    /// <summary>
    /// Gets a value indicating whether a lossless track drops old groups while it has no reader; otherwise a writer waits for a reader.
    /// The value has no effect on a live track. The default is false.
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
    /// Gets the maximum memory that is kept, in bytes, 1 or more. It includes the blocks of the payloads, 24 bytes for each frame and 256
    /// bytes for each group. All of the newest group is always kept. The default is 32 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long MaxCachedBytes
    {
        get;
        init => field = AtLeast(value, 1);
    } = 32L << 20;

    /// <summary>
    /// Gets the limit of the memory that this track and others use together, or null if there is none; null by default. It has no effect
    /// on the tracks of peers, whose memory is limited for each session.
    /// </summary>
    public CacheBudget? Budget { get; init; }

    /// <summary>
    /// Gets the time for which a group is kept while there are newer groups. If the frames are written with timestamps, it is media time:
    /// the difference between the newest frame and the first frame after the group. Otherwise, it is the time since the group was created.
    /// The value has no effect on a lossless track. The default is 5 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not greater than zero.</exception>
    public TimeSpan MaxAge
    {
        get;
        init => field = GreaterThanZero(value);
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the time for which a lossless track waits for a reader that reads nothing although data is available. Then the reader is cut
    /// off with <see cref="MoqErrorCode.SlowReader"/>, and the other readers continue. The default is 30 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not greater than zero.</exception>
    public TimeSpan SlowReaderLimit
    {
        get;
        init => field = GreaterThanZero(value);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the minimum rate, in bytes per second, at which a reader of a lossless track must read on average over
    /// <see cref="SlowReaderLimit"/> while it has data to read. A slower reader is cut off with <see cref="MoqErrorCode.SlowReader"/>.
    /// The default is 0: every rate is accepted.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long MinReaderRate
    {
        get;
        init => field = AtLeast(value, 0);
    }

    /// <summary>
    /// Gets the number of units per second in which the timestamps of the frames are sent, from 1 to 1,000,000,000; for example 90,000
    /// for video. A timestamp is rounded to the nearest unit. moq-lite-03 and 04 send no timestamps. The default is 1,000: milliseconds.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int Timescale
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000_000_000, nameof(Timescale));
            field = AtLeast(value, 1);
        }
    } = 1000;

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
