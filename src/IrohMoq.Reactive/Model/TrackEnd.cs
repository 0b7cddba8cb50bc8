namespace IrohMoq.Reactive;

/// <summary>Describes how a track ended.</summary>
/// <param name="Failure">
/// The function that creates the exception that each reader receives after the last group, or null for a normal end. Each reader receives
/// a separate exception.
/// </param>
internal sealed record TrackEnd(Func<MoqException>? Failure)
{
    /// <summary>Creates the exception for a caller that uses the track after its end.</summary>
    /// <param name="track">The name of the track.</param>
    public MoqException ToException(string track) => Failure?.Invoke()
        ?? new MoqStreamException(MoqErrorCode.Closed, $"Track '{track}' is finished. To go on, create a track of that name again.");
}
