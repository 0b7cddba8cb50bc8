using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing;

/// <summary>What a harsh world is like: the windows of its network, by the seed, and its tracks, by the value of the step that publishes them.</summary>
internal static class HarshTerms
{
    /// <summary>
    /// Readings that one peer may have of another at once. A subscription has up to 64 groups under way, each on a stream; a network whose stream limit is below what all readers may hold together can starve anybody.
    /// </summary>
    public const int MostReadings = 4;

    /// <summary>How long a reader that takes nothing holds up a lossless track. It is longer than a link may be cut without an end, and than a healthy reader may wait for what goes first.</summary>
    public static readonly TimeSpan SlowReaderLimit = TimeSpan.FromSeconds(20);

    /// <summary>What is on its way on a link takes this long at most, and whoever holds up a writer is cut off.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(60);

    private const int SharesOfASession = 4;

    private static readonly long[] Shares = [512 << 10, 2 << 20, 16 << 20];
    private static readonly int[] StreamWindows = [8 << 10, 32 << 10, 128 << 10];
    private static readonly int[] ConnectionWindows = [128 << 10, 256 << 10, 1 << 20];
    private static readonly int[] SendQueues = [4 << 10, 64 << 10, 1 << 20];
    private static readonly int[] StreamLimits = [320, 1024];
    private static readonly int[] CachedGroups = [4, 32, 1024];
    private static readonly long[] CachedBytes = [400 << 10, 2 << 20, 16 << 20];

    public static (int Stream, int Connection, int SendQueue, int Streams) Windows(Seed seed)
    {
        var chance = new Random(seed.Number("windows"));
        return (Pick(StreamWindows), Pick(ConnectionWindows), Pick(SendQueues), Pick(StreamLimits));

        int Pick(int[] from) => from[chance.Next(from.Length)];
    }

    /// <summary>How much a session keeps for its readers: as much as elsewhere, or so little that publishers are held back often.</summary>
    public static SessionLimits Limits(Seed seed)
    {
        var share = Shares[new Random(seed.Number("limits of sessions")).Next(Shares.Length)];
        return new SessionLimits { Pool = new BlockPool(mostKept: 0), ReceivedShare = share, ReceivedBudget = SharesOfASession * share, BytesInFlight = share / 4, StreamWindow = Windows(seed).Stream };
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
}
