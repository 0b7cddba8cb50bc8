namespace IrohMoq.Reactive;

/// <summary>A reader of a track, as its producer sees it. A remote subscriber is one reader, however many readers it has itself.</summary>
/// <param name="Number">The number of the reader among all readers of the track, from 1 on.</param>
/// <param name="IsRemote">True if it reads for a subscriber at the other end of a session.</param>
/// <param name="PeerId">The id of the peer of a remote reader, as its transport gives it (32 bytes with iroh); otherwise empty.</param>
/// <param name="Groups">The number of groups that it has taken so far.</param>
/// <param name="End">How it ended, or null while it reads.</param>
public sealed record TrackReaderInfo(long Number, bool IsRemote, ReadOnlyMemory<byte> PeerId, long Groups, TrackReaderEnd? End);
