using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Testing;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>Runs a test and everything that it waits for in virtual time, on one thread and in one order.</summary>
internal sealed class VirtualWorld
{
    public VirtualWorld() => Runtime = SchedulerRuntime.For(Scheduler);

    public HistoricalScheduler Scheduler { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public SchedulerRuntime Runtime { get; }

    /// <summary>Gets the virtual time since the start.</summary>
    public TimeSpan Elapsed => Scheduler.Clock - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Run(Func<VirtualWorld, Task> body) => new VirtualWorld().Run(body, TimeSpan.FromMinutes(5));

    public void Run(Func<VirtualWorld, Task> body, TimeSpan limit) => new InMemoryNetwork(Scheduler).Run(() => body(this), limit);

    /// <summary>Returns the exception of a task, or null. An assertion that awaits would block the only thread.</summary>
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
}
