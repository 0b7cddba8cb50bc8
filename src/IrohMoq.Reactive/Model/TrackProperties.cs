namespace IrohMoq.Reactive;

/// <summary>
/// Represents the properties of a track, as its publisher tells them. They do not change while the track exists. See moq-lite,
/// "TRACK_INFO".
/// </summary>
public sealed record TrackProperties
{
    /// <summary>
    /// Gets the priority that the publisher has given the track, from 0 to 255; see <see cref="TrackOptions.Priority"/>. It is 0 if the
    /// publisher does not tell it.
    /// </summary>
    public byte Priority { get; init; }

    /// <summary>
    /// Gets the maximum time for which the publisher keeps groups other than the newest, or <see cref="Timeout.InfiniteTimeSpan"/> if it
    /// keeps them without a limit of time, or does not tell one.
    /// </summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>
    /// Gets the number of units per second in which the timestamps of the frames are sent, 1 or more. It is 1,000 if the publisher does
    /// not tell it.
    /// </summary>
    public long Timescale { get; init; }

    /// <summary>
    /// Gets a value indicating whether the writer waits for the slowest reader, so that no group is dropped. Only publishers that use this
    /// library tell it.
    /// </summary>
    public bool IsLossless { get; init; }

    /// <summary>Returns what is known of a track.</summary>
    internal static TrackProperties Of(TrackState track)
    {
        lock (track.Gate)
        {
            return new TrackProperties
            {
                Priority = track.Priority,
                MaxAge = track.IsLossless ? Timeout.InfiniteTimeSpan : track.Cache.MaxAge,
                Timescale = track.Timescale,
                IsLossless = track.IsLossless,
            };
        }
    }
}
