namespace IrohMoq.Reactive;

/// <summary>
/// Describes a reader of a track. A remote subscriber counts as one reader, regardless of how many readers it has itself.
/// </summary>
/// <param name="Number">The number of the reader among all readers of the track, starting at 1.</param>
/// <param name="IsRemote">True if the reader reads on behalf of a subscriber at the other end of a session.</param>
/// <param name="PeerId">
/// The id of the peer of a remote reader, as provided by the transport (32 bytes with iroh); empty for a local reader.
/// </param>
/// <param name="Groups">The number of groups that the reader has taken so far.</param>
/// <param name="End">How the reader ended, or null while it reads.</param>
public sealed record TrackReaderInfo(long Number, bool IsRemote, ReadOnlyMemory<byte> PeerId, long Groups, TrackReaderEnd? End);
