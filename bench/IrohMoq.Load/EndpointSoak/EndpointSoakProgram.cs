using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>
/// Runs two endpoints under all loads at once for a specified time, and prints a line of figures at an interval. Fails if a load fails or
/// makes no progress, if the use of a resource grows, or if something is left at the end. SIGINT ends the test early.
/// </summary>
internal sealed class EndpointSoakProgram : IAsyncDisposable
{
    private static readonly TimeSpan MaxStill = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);
    private static readonly SoakWork[] AllWork = Enum.GetValues<SoakWork>();

    private readonly SoakMeter _meter = new();
    private readonly BlockPool _pool;
    private readonly IrohEndpoint _listener;
    private readonly IrohEndpoint _dialer;
    private readonly SoakLoad[] _loads;
    private readonly MoqLoad _moq;
    private readonly string[] _names;
    private readonly Router _router;
    private readonly List<SoakSample> _samples = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long[] _counted;

    private EndpointSoakProgram(BlockPool pool, IrohEndpoint listener, IrohEndpoint dialer, string[] names)
    {
        (_pool, _listener, _dialer, _names) = (pool, listener, dialer, names);
        _counted = _meter.Read();
        _loads =
        [
            new BulkLoad(_meter), new PingLoad(_meter), new ChurnLoad(_meter), new DatagramLoad(_meter), new RejectLoad(_meter),
            new VanishLoad(_meter),
        ];
        _moq = new MoqLoad(_meter, listener, dialer);
        _router = Router.Start(listener, [.. _loads, _moq.Handler]);
    }

    private int Connections => _listener.Loop.ConnectionCount + _dialer.Loop.ConnectionCount;

    private long Buffered => _listener.Loop.Settings.Budget.Used + _dialer.Loop.Settings.Budget.Used;

    /// <summary>Runs the test.</summary>
    /// <param name="time">The duration of the test.</param>
    /// <param name="names">The names of the loads to run, or none for all. A leak can be narrowed down with them.</param>
    /// <returns>The exit code: 0, or 1 if the test has failed.</returns>
    public static async Task<int> RunAsync(TimeSpan time, string[] names)
    {
        using var interrupt = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var pool = new BlockPool();
        var options = new IrohEndpointOptions
        {
            BindAddress = new IPEndPoint(IPAddress.Loopback, 0),
            IdleTimeout = TimeSpan.FromSeconds(5),
            KeepAlive = TimeSpan.FromSeconds(1),
            Pool = pool,
        };
        string? failure;
        await using (var program = new EndpointSoakProgram(
            pool, await IrohEndpoint.CreateAsync(options: options), await IrohEndpoint.CreateAsync(options: options), names))
        {
            failure = await program.RunAsync(time, interrupt.Token);
        }

        Console.WriteLine(failure is null ? "soak: passed" : $"soak: FAILED: {failure}");
        return failure is null ? 0 : 1;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupt.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _router.DisposeAsync();
        await _moq.DisposeAsync();
        await _dialer.DisposeAsync();
        await _listener.DisposeAsync();
    }

    private static TimeSpan IntervalOf(TimeSpan time) =>
        TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds / 60, Math.Min(2, time.TotalSeconds / 5), 30));

    private bool Includes(string name) => _names.Length == 0 || _names.Contains(name, StringComparer.Ordinal);

    private async Task<string?> RunAsync(TimeSpan time, CancellationToken interrupt)
    {
        using var stop = new CancellationTokenSource();
        var loads = _loads.Where(load => Includes(load.Name))
            .Select(load => load.RunAsync(_dialer, _listener.Address, stop.Token))
            .ToList();
        if (Includes(MoqLoad.Name))
            loads.Add(_moq.RunAsync(_listener.Address, stop.Token));
        var running = Task.WhenAll(loads);
        await WatchAsync(time, interrupt);
        await stop.CancelAsync();
        var left = await EndAsync(running);

        var trends = SoakTrend.Of(_samples);
        var isJudged = _clock.Elapsed >= SoakTrend.Shortest;
        if (!isJudged)
            Console.WriteLine($"shorter than {SoakTrend.Shortest.TotalSeconds} s, so growth is not judged");
        foreach (var trend in trends)
            Console.WriteLine(trend);
        var total = _meter.Read();
        var isComplete = _names.Length == 0 && !interrupt.IsCancellationRequested;
        var idle = AllWork.Where(work => total[(int)work] == 0).ToArray();
        return _meter.Failure ?? left
            ?? (isComplete && idle.Length > 0 ? $"no {string.Join(" and no ", idle)} in the whole test" : null)
            ?? (isJudged ? trends.FirstOrDefault(static trend => !trend.IsFlat)?.ToString() : null);
    }

    /// <summary>Prints a line at each interval, until the time has passed, a load has failed, or the test is interrupted.</summary>
    private async Task WatchAsync(TimeSpan time, CancellationToken interrupt)
    {
        Console.WriteLine(SoakSample.Head);
        var interval = IntervalOf(time);
        var progress = new TimeSpan[AllWork.Length];
        try
        {
            while (_clock.Elapsed < time && _meter.Failure is null)
            {
                await Task.Delay(interval, interrupt);
                var sample = Measure();
                Console.WriteLine(sample);
                foreach (var work in AllWork)
                {
                    if (sample.Work[(int)work] > 0)
                        progress[(int)work] = sample.At;
                    else if (_names.Length == 0 && sample.At - progress[(int)work] > MaxStill)
                        _meter.Fail($"no {work} for {(sample.At - progress[(int)work]).TotalSeconds:0} s");
                }
            }
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"interrupted after {_clock.Elapsed.TotalSeconds:0} s");
        }
    }

    private SoakSample Measure()
    {
        var now = _clock.Elapsed;
        var duration = now - (_samples.Count > 0 ? _samples[^1].At : TimeSpan.Zero);
        var (before, counts) = (_counted, _meter.Read());
        _counted = counts;
        var (half, most) = _meter.TakeLatencies();
        // The blocks that the pools keep for reuse are not a leak: the pools limit their size.
        var usage = ProcessUsage.Measure();
        usage = usage with { ManagedHeap = usage.ManagedHeap - _pool.BytesKept - BlockPool.Shared.BytesKept };
        var sample = new SoakSample(
            now, duration, [.. counts.Select((count, i) => count - before[i])], half, most, usage, Connections,
            _loads.Sum(static load => load.StreamCount), Buffered);
        _samples.Add(sample);
        return sample;
    }

    /// <summary>Waits until the loads have ended, and checks that nothing is left.</summary>
    /// <returns>The description of what is left, or null.</returns>
    private async Task<string?> EndAsync(Task running)
    {
        try
        {
            await running.WaitAsync(EndLimit);
        }
        catch (TimeoutException)
        {
            return $"not every load has ended {EndLimit.TotalSeconds:0} s after it was stopped";
        }

        await _router.DisposeAsync();
        await _moq.DisposeAsync();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < EndLimit; await Task.Delay(50))
        {
            if (Connections + Buffered + _pool.BytesOut + BlockPool.Shared.BytesOut == 0)
                return null;
        }

        return $"{Connections} connections, {Buffered} buffered bytes, and {_pool.BytesOut} and {BlockPool.Shared.BytesOut} bytes of "
            + "blocks are left";
    }
}
