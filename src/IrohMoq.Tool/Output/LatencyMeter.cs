using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>
/// Measures the age of frames that contain the time at which they were sent. The age is only meaningful if one clock gives both times: the
/// latency of frames from another machine, and of frames that were sent before a step of the clock, is not counted.
/// </summary>
internal sealed class LatencyMeter(Runtime runtime)
{
    /// <summary>The minimum change of the wall clock against the monotonic one that counts as a step.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly LatencyHistogram _histogram = new();
    private DateTimeOffset _began = runtime.GetUtcNow();
    private TimeSpan? _offset;

    private long Second => runtime.GetTimestamp() / runtime.TimestampFrequency;

    /// <summary>Gets a value indicating whether the last frame comes from another machine, so that its latency is not known.</summary>
    public bool IsOtherMachine { get; private set; }

    /// <summary>Gets the latency of the frames of the last ten seconds, or null if it is not known.</summary>
    public LatencyMs? Percentiles => IsOtherMachine ? null : _histogram.Percentiles(Second);

    /// <summary>Adds the time at which a frame was sent that has arrived now.</summary>
    /// <param name="sent">The time.</param>
    /// <param name="isSameMachine">True if the frame comes from a program on this machine.</param>
    public void Add(DateTimeOffset sent, bool isSameMachine)
    {
        IsOtherMachine = !isSameMachine;
        var now = runtime.GetUtcNow();
        FollowSteps(now);
        // A frame that was sent before the subscription is old for another reason than latency, and one from the future was sent before
        // the clock was set back.
        if (isSameMachine && sent >= _began && sent <= now)
            _histogram.Add((now - sent).TotalMilliseconds, Second);
    }

    /// <summary>Begins anew after a step of the wall clock: the times before it are those of another clock.</summary>
    private void FollowSteps(DateTimeOffset now)
    {
        var offset = now - DateTimeOffset.UnixEpoch - runtime.GetElapsedTime(0);
        if (_offset is { } before && (offset - before).Duration() > Step)
        {
            _histogram.Clear();
            _began = now;
        }

        _offset = offset;
    }
}
