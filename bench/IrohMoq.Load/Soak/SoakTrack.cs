using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>The properties of a track of the soak. They follow from its number, so that every process knows them.</summary>
/// <param name="Number">0 to <see cref="Count"/> - 1.</param>
internal readonly record struct SoakTrack(int Number)
{
    /// <summary>Tracks of one publisher.</summary>
    public const int Count = 20;

    private const int FirstLossless = 10;
    private const int FirstHard = 15;

    /// <summary>
    /// A lossless writer waits for its slowest reader: that the others go on can only be asked of a track whose readers all keep up.
    /// </summary>
    public bool IsForTheHealthy => Number is >= FirstLossless and < FirstHard;

    public bool IsLossless => Number >= FirstLossless;

    /// <summary>True if no other reader may delay its readers.</summary>
    public bool MustGoOn => !IsLossless || IsForTheHealthy;

    public string Name => $"t{Number}";

    /// <summary>One in five is a stream of a megabyte a second, one is of middle size, and the others are small.</summary>
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
