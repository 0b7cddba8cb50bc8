namespace IrohMoq.Reactive;

/// <summary>Represents the peer on whose behalf a track is read.</summary>
internal interface IReadingPeer
{
    /// <summary>Gets the id of the peer, which may be empty.</summary>
    ReadOnlyMemory<byte> Id { get; }

    /// <summary>
    /// Gets the id of the peer among the hops of announcements, or 0 if it is unknown. It may become known while the peer reads.
    /// </summary>
    ulong Hop { get; }
}
