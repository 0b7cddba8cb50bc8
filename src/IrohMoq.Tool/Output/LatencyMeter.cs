using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>
/// Measures the age of frames that contain the time at which they were sent. The age is only meaningful if one clock gives both times: the
/// latency of frames from another machine, from the future, or around a step of the clock is not counted.
/// </summary>
internal sealed class LatencyMeter(Runtime runtime)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly LatencyHistogram _histogram = new();
    private readonly DateTimeOffset _began = runtime.GetUtcNow();
    private TimeSpan? _offset;
    private long? _differSince;

    private long Second => runtime.GetTimestamp() / runtime.TimestampFrequency;

    /// <summary>Gets a value indicating whether the latency of frames of the last ten seconds could not be told.</summary>
    public bool ClocksDiffer => _differSince is { } second && Second - second < 10;

    public LatencyMs? Percentiles => ClocksDiffer ? null : _histogram.Percentiles(Second);

    /// <summary>Adds the time at which a frame was sent that has arrived now.</summary>
    /// <param name="sent">The time.</param>
    /// <param name="isSameMachine">True if the frame comes from a program on this machine.</param>
    public void Add(DateTimeOffset sent, bool isSameMachine)
    {
        // Frames that were sent before the subscription are excluded, because their age is not caused by latency.
        if (sent < _began && isSameMachine)
            return;
        var now = runtime.GetUtcNow();
        var offset = now - DateTimeOffset.UnixEpoch - runtime.GetElapsedTime(0);
        var hasStepped = _offset is { } before && (offset - before).Duration() > Step;
        _offset = offset;
        if (hasStepped)
            _histogram.Clear();
        else if (!isSameMachine || sent > now)
            _differSince = Second;
        else
            _histogram.Add((now - sent).TotalMilliseconds, Second);
    }
}
