using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>Represents a track of the soak test. All properties are derived from its number, so that every process knows them.</summary>
/// <param name="Number">The number of the track, 0 to <see cref="Count"/> - 1.</param>
internal readonly record struct SoakTrack(int Number)
{
    /// <summary>The number of tracks of one publisher.</summary>
    public const int Count = 20;

    private const int FirstLossless = 10;
    private const int FirstHard = 15;

    /// <summary>
    /// Gets a value that indicates whether the track is lossless and read only by readers that keep up. A lossless writer waits for its
    /// slowest reader, so progress can be required only if all readers of the track keep up.
    /// </summary>
    public bool IsForTheHealthy => Number is >= FirstLossless and < FirstHard;

    public bool IsLossless => Number >= FirstLossless;

    /// <summary>
    /// Gets a value that indicates whether the readers of the track must make progress, because no other reader may delay them.
    /// </summary>
    public bool MustGoOn => !IsLossless || IsForTheHealthy;

    public string Name => $"t{Number}";

    /// <summary>
    /// Gets the sizes and the rate of the track. Of five tracks, one has a megabyte per second, one is of medium size, and three are small.
    /// </summary>
    public (int FrameSize, int FramesPerGroup, int GroupsPerSecond) Shape => (Number % 5) switch
    {
        0 => (16 << 10, 4, 16),
        1 => (2000, 5, 10),
        _ => (64, 1, 5),
    };

    public TrackOptions Options => new()
    {
        Lossless = IsLossless,
        MaxCachedBytes = 4 << 20,
        MaxAge = TimeSpan.FromSeconds(2),
        SlowReaderLimit = TimeSpan.FromSeconds(3),
        Priority = (byte)(Number % 5),
    };
}
