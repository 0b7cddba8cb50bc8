using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Connections;

/// <summary>Represents a timer whose callback can tell whether it was stopped or started anew meanwhile.</summary>
internal sealed class FrontTimer
{
    private object? _current;
    private ITimer? _timer;

    /// <summary>Determines whether the timer that was started with an object is still the current one.</summary>
    public bool Is(object timer) => _current == timer;

    public void Start(Runtime runtime, TimeSpan time, Action<object> elapsed)
    {
        Stop();
        var current = _current = new object();
        _timer = runtime.CreateTimer(_ => elapsed(current), null, time, Timeout.InfiniteTimeSpan);
    }

    public void Stop()
    {
        _current = null;
        _timer?.Dispose();
        _timer = null;
    }
}
