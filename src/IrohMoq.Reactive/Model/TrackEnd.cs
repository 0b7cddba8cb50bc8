namespace IrohMoq.Reactive;

/// <summary>How a track ended.</summary>
/// <param name="Failure">Makes what each reader gets after the last group, or null for a normal end. A new one each time: an exception is thrown once.</param>
internal sealed record TrackEnd(Func<MoqException>? Failure);
