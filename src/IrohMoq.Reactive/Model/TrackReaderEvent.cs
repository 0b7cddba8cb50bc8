namespace IrohMoq.Reactive;

/// <summary>Represents the event that a reader of a track has joined or ended.</summary>
/// <param name="Reader">The reader. Its <see cref="TrackReaderInfo.End"/> is null if it has joined.</param>
/// <param name="Skipped">The number of events that the caller has missed since the previous event, because it read too slowly.</param>
public sealed record TrackReaderEvent(TrackReaderInfo Reader, long Skipped);
