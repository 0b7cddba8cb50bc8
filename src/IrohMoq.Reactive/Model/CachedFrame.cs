using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <summary>Represents a frame in the cache of a track.</summary>
/// <param name="Payload">The payload.</param>
/// <param name="Timestamp">The media time of the frame, in units of the track's timescale, 0 or more.</param>
internal readonly record struct CachedFrame(BlockSlice Payload, long Timestamp);
