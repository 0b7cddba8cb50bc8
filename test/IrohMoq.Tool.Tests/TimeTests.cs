using System.Buffers;
using System.Text;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Tests;

/// <summary>Steps of the wall clock, other machines' clocks and suspended processes.</summary>
public class TimeTests
{
    [Test]
    public void Latency_IsThatOfTheLastTenSeconds()
    {
        var time = new ManualRuntime();
        var meter = new LatencyMeter(time);
        meter.Add(time.GetUtcNow() - TimeSpan.Zero, isSameMachine: true);
        Add(200);
        Assert.That(meter.Percentiles?.P99, Is.EqualTo(200).Within(5).Percent);
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Add(1);
        }

        Assert.That(meter.Percentiles?.P99, Is.EqualTo(1).Within(5).Percent);

        void Add(double ms)
        {
            var sent = time.GetUtcNow();
            time.Advance(TimeSpan.FromMilliseconds(ms));
            meter.Add(sent, isSameMachine: true);
        }
    }

    [Test]
    public void Latency_IsNotShown_ForAnotherMachine()
    {
        var time = new ManualRuntime();
        var meter = new LatencyMeter(time);
        time.Advance(TimeSpan.FromMilliseconds(5));
        meter.Add(time.GetUtcNow() - TimeSpan.FromMilliseconds(1), isSameMachine: false);
        Assert.That((meter.IsOtherMachine, meter.Percentiles), Is.EqualTo((true, (LatencyMs?)null)));
    }

    [Test]
    public void FrameFromTheFuture_IsNotMeasured()
    {
        var time = new ManualRuntime();
        var meter = new LatencyMeter(time);
        meter.Add(time.GetUtcNow() + TimeSpan.FromSeconds(3), isSameMachine: true);
        Assert.That((meter.IsOtherMachine, meter.Percentiles), Is.EqualTo((false, (LatencyMs?)null)));
    }

    [TestCase(-3600)]
    [TestCase(3600)]
    public void StepOfTheClock_IsNoLatency(int seconds)
    {
        var time = new ManualRuntime();
        var meter = new LatencyMeter(time);
        time.Advance(TimeSpan.FromMilliseconds(10));
        meter.Add(time.GetUtcNow() - TimeSpan.FromMilliseconds(1), isSameMachine: true);
        Assert.That(meter.Percentiles?.P99, Is.EqualTo(1).Within(5).Percent);

        // The frame that is on its way during the step has no meaningful age.
        var sent = time.GetUtcNow();
        time.Step(TimeSpan.FromSeconds(seconds));
        meter.Add(sent, isSameMachine: true);
        Assert.That(meter.Percentiles, Is.Null);

        // The next one is measured again.
        sent = time.GetUtcNow();
        time.Advance(TimeSpan.FromMilliseconds(3));
        meter.Add(sent, isSameMachine: true);
        Assert.That(meter.Percentiles?.P99, Is.EqualTo(3).Within(5).Percent);
    }

    [Test]
    public async Task SuspendedClock_MakesNoBurst()
    {
        var time = new ManualRuntime();
        using var clock = new ClockSource(time);
        await clock.ReadAsync(CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(Text(await clock.ReadAsync(CancellationToken.None)), Is.EqualTo($"{time.GetUtcNow():O}"));
        // The next frame is due 100 ms later, and not at once.
        var next = clock.ReadAsync(CancellationToken.None);
        Assert.That(next.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromMilliseconds(101));
        Assert.That(Text(await next), Is.EqualTo($"{time.GetUtcNow():O}"));
    }

    private static string Text(SourceFrame? frame) => Encoding.ASCII.GetString(frame!.Value.Payload.ToArray());

    /// <summary>A runtime whose clocks move when the test moves them: the wall clock also without the other.</summary>
    private sealed class ManualRuntime : Runtime
    {
        private readonly List<ManualTimer> _timers = [];
        private TimeSpan _elapsed = TimeSpan.FromHours(1);
        private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Step(TimeSpan by) => _now += by;

        public void Advance(TimeSpan by)
        {
            _elapsed += by;
            _now += by;
            foreach (var timer in _timers.Where(timer => timer.Due <= _elapsed).ToArray())
            {
                _timers.Remove(timer);
                timer.Fire();
            }
        }

        public override void Post(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new ManualTimer(this, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }

        private sealed class ManualTimer(ManualRuntime runtime, Action fire) : ITimer
        {
            public TimeSpan Due { get; private set; }

            public void Fire() => fire();

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                runtime._timers.Remove(this);
                Due = runtime._elapsed + dueTime;
                if (dueTime != Timeout.InfiniteTimeSpan)
                    runtime._timers.Add(this);
                return true;
            }

            public void Dispose() => runtime._timers.Remove(this);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
