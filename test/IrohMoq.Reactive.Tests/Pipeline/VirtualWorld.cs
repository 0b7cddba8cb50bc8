using System.Reactive.Concurrency;
using System.Runtime.ExceptionServices;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>Virtual time on one thread: a body and everything it waits for take their turns here, in one order.</summary>
internal sealed class VirtualWorld
{
    private ExceptionDispatchInfo? _fault;

    public VirtualWorld() => Runtime = SchedulerRuntime.For(Scheduler);

    public HistoricalScheduler Scheduler { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public SchedulerRuntime Runtime { get; }

    /// <summary>How much virtual time has passed.</summary>
    public TimeSpan Elapsed => Scheduler.Clock - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Run(Func<VirtualWorld, Task> body) => new VirtualWorld().Run(body, TimeSpan.FromMinutes(5));

    public void Run(Func<VirtualWorld, Task> body, TimeSpan limit)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        Runtime.Pin(fault => _fault ??= fault);
        try
        {
            Task? done = null;
            Scheduler.Schedule(() => done = body(this));
            for (var end = Scheduler.Clock + limit; done is not { IsCompleted: true } && Scheduler.Clock < end;)
                Step();
            Assert.That(done, Is.Not.Null.And.Property(nameof(Task.IsCompleted)).True, $"not done after {limit} of virtual time");
            done!.GetAwaiter().GetResult();
        }
        finally
        {
            Runtime.Unpin();
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>What a task fails with, or null. An assertion that awaits would block the one thread there is.</summary>
    public static async Task<Exception?> FailureOf(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private void Step()
    {
        Scheduler.AdvanceBy(TimeSpan.FromMilliseconds(1));
        _fault?.Throw();
    }
}
