namespace IrohMoq.Reactive;

/// <summary>The readers of a track, by how far they are. A remote subscriber is one reader, however many readers it has itself.</summary>
/// <param name="Active">Readers that read now.</param>
/// <param name="Completed">Readers that have read everything up to the end of the track.</param>
/// <param name="Lost">Readers that left, were cut off or lost their session before they had read everything.</param>
public readonly record struct ReaderTotals(int Active, long Completed, long Lost);
