namespace IrohMoq.Tool.Output;

/// <summary>
/// Measures the time in which nothing arrives, in steps that its caller waits for. A step that takes longer than planned counts as planned,
/// so that the time in which the process was suspended does not count.
/// </summary>
internal sealed class IdleClock(TrafficMeter meter)
{
    private TimeSpan _idle;

    /// <summary>Returns the time in which nothing has arrived.</summary>
    /// <param name="waited">The time that was planned for the wait since the last call.</param>
    public TimeSpan Advance(TimeSpan waited)
    {
        var quiet = meter.Quiet;
        _idle = quiet < _idle + waited ? quiet : _idle + waited;
        return _idle;
    }
}
