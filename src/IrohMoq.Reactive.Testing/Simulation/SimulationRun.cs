using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Runs one program of a scenario: starts the scenario, runs the steps, lets the scenario settle, and checks its invariants.
/// </summary>
internal static class SimulationRun
{
    // The pauses of the steps determine the duration of a run. This limit is longer than any run.
    private static readonly TimeSpan Limit = TimeSpan.FromDays(1000);

    private static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Runs a program. A violation of an invariant is written to the log of the scenario.</summary>
    /// <param name="scenario">A scenario that has not been run.</param>
    /// <param name="options">The options, of which the seed and the trace callback are used.</param>
    /// <param name="program">The steps of the program.</param>
    /// <param name="cancellationToken">The token that cancels the run between two steps.</param>
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

    /// <summary>Represents a virtual-time scheduler that exposes the time of its next scheduled item.</summary>
    private sealed class Scheduler() : HistoricalScheduler(Beginning)
    {
        /// <summary>
        /// Gets the virtual time since the start at which the next scheduled item is due; null if only the time limit of the run is
        /// scheduled.
        /// </summary>
        public TimeSpan? NextDue => GetNext()?.DueTime is { } due && due - Beginning < Limit ? due - Beginning : null;
    }
}
