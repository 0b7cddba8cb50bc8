using System.Collections.Concurrent;
using System.Diagnostics;

namespace IrohMoq.Load;

/// <summary>What the readers of one process do, and the check that no healthy reading stands still.</summary>
internal sealed class SoakBook
{
    private static readonly TimeSpan MostStill = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<SoakReading, bool> _healthy = new();
    private readonly ConcurrentDictionary<string, int> _done = new();
    private long _groups;
    private long _longestTicks;

    /// <summary>The first thing that did not hold.</summary>
    public string? Violation { get; private set; }

    public int Healthy => _healthy.Count;

    public long Groups => Volatile.Read(ref _groups);

    public IDisposable Watch(SoakReading reading)
    {
        _healthy[reading] = true;
        return System.Reactive.Disposables.Disposable.Create(() => _healthy.TryRemove(reading, out _));
    }

    public void CountGroup() => Interlocked.Increment(ref _groups);

    /// <summary>A reading of a kind has ended in some way.</summary>
    public void Count(string what) => _done.AddOrUpdate(what, 1, static (_, count) => count + 1);

    public void Violated(string what) => Violation ??= what;

    /// <summary>The longest standstill of a healthy reading since the last call.</summary>
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
            // If the machine delays this loop, it delays all readers as well.
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
