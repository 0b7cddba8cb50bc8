namespace IrohMoq.Reactive;

/// <summary>
/// Represents the numbers of readers of a track by state. A remote subscriber counts as one reader, regardless of how many readers it has
/// itself.
/// </summary>
/// <param name="Active">The number of readers that are currently reading.</param>
/// <param name="Completed">The number of readers that have read everything up to the end of the track.</param>
/// <param name="Lost">The number of readers that left, were cut off or lost their session before they had read everything.</param>
public readonly record struct ReaderTotals(int Active, long Completed, long Lost);
