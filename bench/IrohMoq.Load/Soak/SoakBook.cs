using System.Collections.Concurrent;
using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>Records the events of the readers of one process, and checks that no healthy reading stalls.</summary>
internal sealed class SoakBook
{
    private static readonly TimeSpan MostStill = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<SoakReading, bool> _healthy = new();
    private readonly ConcurrentDictionary<string, int> _done = new();
    private long _groups;
    private long _longestTicks;

    /// <summary>Gets the description of the first violation, or null.</summary>
    public string? Violation { get; private set; }

    public int Healthy => _healthy.Count;

    public long Groups => Volatile.Read(ref _groups);

    public IDisposable Watch(SoakReading reading)
    {
        _healthy[reading] = true;
        return System.Reactive.Disposables.Disposable.Create(() => _healthy.TryRemove(reading, out _));
    }

    public void CountGroup() => Interlocked.Increment(ref _groups);

    /// <summary>Counts an event of the specified kind.</summary>
    public void Count(string what) => _done.AddOrUpdate(what, 1, static (_, count) => count + 1);

    public void Violated(string what) => Violation ??= what;

    /// <summary>Returns the longest time without progress of a healthy reading since the previous call.</summary>
    public TimeSpan TakeLongest() => TimeSpan.FromTicks(Interlocked.Exchange(ref _longestTicks, 0));

    public string TakeDone()
    {
        var text = string.Join(
            ", ", _done.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => $"{entry.Value} {entry.Key}"));
        _done.Clear();
        return text;
    }

    public async Task CheckAsync(CancellationToken stop)
    {
        var graceUntil = TimeSpan.Zero;
        var clock = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested)
        {
            var before = clock.Elapsed;
            await Task.Delay(BetweenLooks, CancellationToken.None);
            // If the machine delays this loop, it delays all readers too, so no reading counts as stalled for some time.
            if (clock.Elapsed - before > 2 * BetweenLooks)
                graceUntil = clock.Elapsed + MostStill;
            if (clock.Elapsed < graceUntil)
                continue;
            foreach (var reading in _healthy.Keys)
            {
                if (!reading.IsServed)
                    continue;
                var still = reading.Still;
                _longestTicks = Math.Max(_longestTicks, still.Ticks);
                if (still > MostStill)
                    Violated($"{reading.What} stands still for {still.TotalSeconds:0.0} s");
            }
        }
    }
}
