namespace IrohMoq.Reactive;

/// <summary>One frame of a track as an observable gives it: a copy, safe to keep.</summary>
/// <param name="Group">
/// The sequence number of its group. Groups come in the order they arrive; a number that is missing was lost, or comes later.
/// </param>
/// <param name="Index">Its place in the group, from 0.</param>
/// <param name="Payload">Its bytes.</param>
public readonly record struct TrackFrame(ulong Group, int Index, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Span => Payload.Span;
}
