using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents a limit of the memory that several tracks use together for their frames (<see cref="TrackOptions.Budget"/>), in addition to
/// the limits of each track. A frame counts until it is dropped and no reader holds it any more, so that slow readers count as well. All
/// members are thread-safe.
/// </summary>
/// <remarks>
/// While more memory is in use, each write to a live track drops the oldest groups of that track with <see cref="MoqErrorCode.Evicted"/>,
/// up to twice the memory that was written: the tracks that write most free most, and a track that writes nothing keeps what it has. The
/// newest group of a track is always kept. A lossless track counts, but drops nothing.
/// </remarks>
public sealed class CacheBudget
{
    /// <summary>Initializes a new instance of the class.</summary>
    /// <param name="maxBytes">
    /// The maximum memory, in bytes, 1 or more. Whole blocks are counted, which are larger than the payloads.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBytes"/> is less than 1.</exception>
    public CacheBudget(long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        MaxBytes = maxBytes;
    }

    /// <summary>Gets the maximum memory, in bytes.</summary>
    public long MaxBytes { get; }

    /// <summary>Gets the memory in use, in bytes: of the frames that the tracks keep, and of those that readers still hold.</summary>
    public long BytesInUse => Pool.BytesOut;

    /// <summary>Gets the pool that provides the memory of the frames.</summary>
    internal BlockPool Pool { get; } = new();

    internal bool IsExceeded => BytesInUse > MaxBytes;
}
