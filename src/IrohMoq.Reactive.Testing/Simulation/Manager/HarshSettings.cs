using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// The settings of a harsh world: of its network and sessions by the seed, of its tracks by the value of the step that publishes them.
/// </summary>
internal static class HarshSettings
{
    /// <summary>
    /// The most readers that one peer has of another at once. A subscription has up to 64 groups in flight, each on a stream: where the
    /// network allows fewer streams than all readers may hold, any reader can starve.
    /// </summary>
    public const int MaxReaders = 4;

    /// <summary>The maximum number of session notices that are kept for slow observers.</summary>
    public const int NoticeCapacity = 16;

    private const int SharesOfASession = 4;

    /// <summary>
    /// How long a reader that reads nothing holds up a lossless track: longer than a link may be cut without its sessions timing out, and
    /// than a healthy reader may wait for what goes first.
    /// </summary>
    public static readonly TimeSpan SlowReaderLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The time within which everything in flight on a link arrives, and within which a reader that holds up a writer is cut off.
    /// </summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(60);

    private static readonly long[] Shares = [512 << 10, 2 << 20, 16 << 20];
    private static readonly int[] StreamWindows = [8 << 10, 32 << 10, 128 << 10];
    private static readonly int[] ConnectionWindows = [128 << 10, 256 << 10, 1 << 20];
    private static readonly int[] SendQueues = [4 << 10, 64 << 10, 1 << 20];
    private static readonly int[] StreamLimits = [320, 1024];
    private static readonly int[] CachedGroups = [4, 32, 1024];
    private static readonly long[] CachedBytes = [400 << 10, 2 << 20, 16 << 20];
    private static readonly int[] ReportDelays = [0, 0, 40, 400];

    public static (int Stream, int Connection, int SendQueue, int Streams) Windows(Seed seed)
    {
        var random = new Random(seed.Number("windows"));
        return (Pick(random, StreamWindows), Pick(random, ConnectionWindows), Pick(random, SendQueues), Pick(random, StreamLimits));
    }

    /// <summary>Returns how late endpoints report the ends of connections and dials: in half of the worlds at once.</summary>
    public static TimeSpan ReportDelay(Seed seed) => TimeSpan.FromMilliseconds(Pick(new Random(seed.Number("report delay")), ReportDelays));

    /// <summary>
    /// Returns how much a session keeps for its readers: as much as by default, or so little that publishers are held back often.
    /// </summary>
    public static SessionLimits Limits(Seed seed)
    {
        var share = Pick(new Random(seed.Number("limits of sessions")), Shares);
        return new SessionLimits
        {
            Pool = new BlockPool(mostKept: 0),
            ReceivedShare = share,
            ReceivedBudget = SharesOfASession * share,
            BytesInFlight = share / 4,
            StreamWindow = Windows(seed).Stream,
        };
    }

    public static TrackOptions Track(int value) => new()
    {
        Lossless = value / 3 % 3 == 0,
        Priority = (byte)(value / 9 % 3),
        MaxCachedGroups = CachedGroups[value / 27 % 3],
        MaxCachedBytes = CachedBytes[value / 81 % 3],
        MaxAge = TimeSpan.FromSeconds(value % 2 == 0 ? 1 : 5),
        SlowReaderLimit = SlowReaderLimit,
    };

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}
