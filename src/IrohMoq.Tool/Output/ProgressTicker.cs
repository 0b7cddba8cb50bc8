using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Output;

/// <summary>
/// Reports regularly the traffic that a meter has counted, that nothing arrives any more, and that something arrives again. The reports
/// stop when the ticker is disposed.
/// </summary>
internal sealed class ProgressTicker : IAsyncDisposable
{
    private static readonly TimeSpan FirstLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastLimit = TimeSpan.FromHours(1);

    private readonly TrafficMeter _meter;
    private readonly IOutput _output;
    private readonly Runtime _runtime;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _ticking;
    private readonly IdleClock _idle;
    private TimeSpan? _stalledFor;
    private TimeSpan _limit = FirstLimit;

    /// <param name="meter">The meter.</param>
    /// <param name="output">The output.</param>
    /// <param name="runtime">The runtime.</param>
    /// <param name="saysStalls">True to report that nothing arrives.</param>
    public ProgressTicker(TrafficMeter meter, IOutput output, Runtime runtime, bool saysStalls = false)
    {
        (_meter, _output, _runtime, _idle) = (meter, output, runtime, new IdleClock(meter));
        _ticking = TickAsync(saysStalls, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _ticking.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task TickAsync(bool saysStalls, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _runtime.DelayAsync(_output.ProgressInterval, stop).ConfigureAwait(false);
                _output.Progress(_meter.Read());
                if (saysStalls)
                    ReportStall();
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended. The command itself writes the final figures.
        }
    }

    private void ReportStall()
    {
        var quiet = _idle.Advance(_output.ProgressInterval);
        if (quiet >= _limit)
        {
            if (_stalledFor is null)
                _output.Note($"nothing has arrived for {_limit.TotalSeconds:0} s; still waiting");
            _stalledFor = quiet;
        }
        else if (_stalledFor is { } time)
        {
            _output.Note($"data arrives again after {time.TotalSeconds:0} s");
            _stalledFor = null;
            // A track with long pauses between its frames does not cause two lines for each of them.
            _limit = TimeSpan.FromTicks(long.Min(LastLimit.Ticks, long.Max(2 * _limit.Ticks, 2 * time.Ticks)));
        }
    }
}
