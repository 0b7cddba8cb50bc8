namespace IrohMoq.Load;

/// <summary>Represents one result line of <see cref="FramesBench"/>.</summary>
/// <param name="Kind">The kind of track: lossless, live at a fixed rate, or flood.</param>
/// <param name="Spec">The specification of the track.</param>
/// <param name="When">The phase of the measurement: "first", or "paused" for after a pause of the reader.</param>
internal sealed record FramesFigures(string Kind, TrackSpec Spec, string When)
{
    private static readonly Counts Nothing = new(0, 0, 0, 0, 1, 0);

    public Counts Written { get; init; } = Nothing;

    public Counts Read { get; init; } = Nothing;

    public string? Stall { get; init; }

    private double FramesPerSecond => Read.Frames / Read.At;

    private double GroupsPerSecond => Read.Groups / Read.At;

    public string ToText()
    {
        var head = $"{Kind,-10}{Spec.FrameSize,6}{Spec.FramesPerGroup,9}{When,8}";
        return Stall is not null
            ? $"{head} stalled: {Stall}"
            : $"{head}{FramesPerSecond,11:0}{GroupsPerSecond,10:0}{Written.Frames / Written.At,11:0}{Microseconds(Written),14:0.00}"
                + $"{Microseconds(Read),15:0.00}{Written.PeakBytes / 1e6,19:0.0}{Read.PeakBytes / 1e6,20:0.0}";
    }

    public object ToJson() => new
    {
        kind = Kind,
        bytes = Spec.FrameSize,
        frames_per_group = Spec.FramesPerGroup,
        when = When,
        stalled = Stall is not null,
        frames_s = Math.Round(FramesPerSecond),
        groups_s = Math.Round(GroupsPerSecond),
        written_s = Math.Round(Written.Frames / Written.At),
        cpu_us_per_frame_publisher = Math.Round(Microseconds(Written), 3),
        cpu_us_per_frame_subscriber = Math.Round(Microseconds(Read), 3),
        bytes_held_publisher = Written.PeakBytes,
        bytes_held_subscriber = Read.PeakBytes,
    };

    /// <summary>
    /// Returns the CPU time of a side in microseconds per frame that was read. It includes the cost of frames that were written but never
    /// read.
    /// </summary>
    private double Microseconds(Counts side) => Read.Frames == 0 ? 0 : 1e6 * side.CpuSeconds / side.At * Read.At / Read.Frames;
}
