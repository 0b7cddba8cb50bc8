using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Runs one program of a scenario: starts it, takes the steps, lets it settle, and checks its invariants.</summary>
internal static class SimulationRun
{
    // The pauses of the steps bound the time; this is beyond all of them.
    private static readonly TimeSpan Limit = TimeSpan.FromDays(1000);

    private static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="scenario">A scenario that has not run yet. Afterwards its log has what was found.</param>
    /// <param name="options">The seed and the observer of the trace.</param>
    /// <param name="program">The steps.</param>
    /// <param name="cancellationToken">Ends the run between two steps.</param>
    public static void Run(
        SimulationScenario scenario, SimulationOptions options, IReadOnlyList<ProgramStep> program, CancellationToken cancellationToken)
    {
        var scheduler = new Scheduler();
        scenario.Attach(scheduler, options.Seed, () => scheduler.NextDue);
        scenario.Network.Trace.OnLine = options.OnLine;
        try
        {
            scenario.Network.Run(() => RunAsync(scenario, program, cancellationToken), Limit);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            scenario.Log.ReportViolation(
                SimulationScenario.NothingFails, "every failure reaches the caller that waits for it", fault.ToString());
        }
    }

    private static async Task RunAsync(SimulationScenario scenario, IReadOnlyList<ProgramStep> program, CancellationToken cancellationToken)
    {
        await scenario.RunStartAsync().ConfigureAwait(false);
        foreach (var step in program)
        {
            cancellationToken.ThrowIfCancellationRequested();
            scenario.Log.Step++;
            scenario.Log.Write(step.Actor, $"step {step.Action}", step.ToString());
            scenario.Take(step);
            await scenario.Network.Runtime.DelayAsync(step.Pause, CancellationToken.None).ConfigureAwait(false);
            scenario.Check(isSettled: false);
            if (scenario.Log.Found is not null)
                return;
        }

        scenario.Log.Step++;
        await scenario.RunSettleAsync().ConfigureAwait(false);
        scenario.Check(isSettled: true);
    }

    /// <summary>A virtual clock that says when something is due next.</summary>
    private sealed class Scheduler() : HistoricalScheduler(Beginning)
    {
        /// <summary>Gets the virtual time since the start when the next item is due; null if that is only the limit of the run.</summary>
        public TimeSpan? NextDue => GetNext()?.DueTime is { } due && due - Beginning < Limit ? due - Beginning : null;
    }
}
