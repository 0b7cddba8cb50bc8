using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>Counts the groups, frames and bytes of a track. One task may count while another reads the counts.</summary>
internal sealed class TrafficMeter(string name, string track, Runtime runtime)
{
    private readonly Lock _gate = new();
    private readonly LatencyHistogram _latency = new();
    private long _groups;
    private long _frames;
    private long _bytes;
    private long _gaps;
    private long _skipped;
    private long _first;
    private long _last;

    public void Group() => Count(ref _groups, 1);

    public void Gap(long groups) => Count(ref _gaps, groups);

    public void Skipped(long total)
    {
        lock (_gate)
            _skipped = total;
    }

    public void Frame(int bytes)
    {
        var now = runtime.GetTimestamp();
        lock (_gate)
        {
            if (_frames++ == 0)
                _first = now;
            _last = now;
            _bytes += bytes;
        }
    }

    public void Latency(TimeSpan latency)
    {
        lock (_gate)
            _latency.Add(latency.TotalMilliseconds);
    }

    public Traffic Read()
    {
        lock (_gate)
            return new Traffic(
                name, track, _groups, _frames, _bytes, _gaps, _skipped, runtime.GetElapsedTime(_first, _last), _latency.Percentiles());
    }

    private void Count(ref long counter, long by)
    {
        lock (_gate)
            counter += by;
    }
}
