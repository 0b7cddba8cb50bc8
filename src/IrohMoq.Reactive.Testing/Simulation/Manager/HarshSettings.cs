using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Generates the settings of a harsh simulation: those of the network and the sessions from the seed, and those of a track from the value
/// of the step that publishes the track.
/// </summary>
internal static class HarshSettings
{
    /// <summary>
    /// The maximum number of concurrent readers that one peer has of the broadcasts of another. Each subscription has up to 64 groups in
    /// flight, each on its own stream. If the network allowed fewer streams than all readers may use, a reader could starve.
    /// </summary>
    public const int MaxReaders = 4;

    /// <summary>The maximum number of session notices that are kept for slow observers.</summary>
    public const int NoticeCapacity = 16;

    private const int SharesOfASession = 4;

    /// <summary>
    /// The time for which a reader that reads nothing may block a lossless track. It is longer than a cut of a link that its sessions
    /// survive, and longer than a healthy reader may have to wait for data of higher priority.
    /// </summary>
    public static readonly TimeSpan SlowReaderLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The time within which all data in flight on a link arrives, and within which a reader that blocks a writer is cut off.
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

    /// <summary>
    /// Returns the maximum delay with which endpoints report the ends of connections and dials. In half of the simulations, it is zero.
    /// </summary>
    public static TimeSpan ReportDelay(Seed seed) => TimeSpan.FromMilliseconds(Pick(new Random(seed.Number("report delay")), ReportDelays));

    /// <summary>
    /// Returns the limits of a session. The memory for received data is as large as by default, or so small that publishers are often
    /// blocked by flow control.
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
