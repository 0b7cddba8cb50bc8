namespace IrohMoq.Reactive;

/// <summary>How a track ended.</summary>
/// <param name="Failure">
/// Creates the exception that each reader gets after the last group, or null for a normal end. Each reader gets its own exception.
/// </param>
internal sealed record TrackEnd(Func<MoqException>? Failure)
{
    /// <summary>Creates the exception for a caller that wants more of the track.</summary>
    /// <param name="track">The name of the track.</param>
    public MoqException ToException(string track) => Failure?.Invoke()
        ?? new MoqStreamException(MoqErrorCode.Closed, $"Track '{track}' is finished. To go on, create a track of that name again.");
}
