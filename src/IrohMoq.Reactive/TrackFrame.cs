namespace IrohMoq.Reactive;

/// <summary>Represents a frame that an observable of a track delivers. The payload is a copy that the observer may keep.</summary>
/// <param name="Group">
/// The sequence number of the frame's group. Groups are delivered in the order in which they arrive, so that a missing group was lost
/// or arrives later.
/// </param>
/// <param name="Index">The zero-based index of the frame in its group.</param>
/// <param name="Payload">The bytes of the frame.</param>
public readonly record struct TrackFrame(ulong Group, int Index, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Gets the media time of the frame; see <see cref="Frame.Timestamp"/>.</summary>
    public TimeSpan Timestamp { get; init; }

    /// <summary>Gets the bytes of the frame.</summary>
    public ReadOnlySpan<byte> Span => Payload.Span;
}
