using System.Diagnostics;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Whether subscribers that fall behind slow the others down: 90 free subscribers of <see cref="Moq.IncomingSessions()"/> alone, with ten more that never return from OnNext, and with ten more that never
/// ask for the next item. It serves the decision that one ring is shared and every subscriber has a cursor of its own. Real time, on the thread pool, which has threads enough for the ten in every round;
/// a session is a real one on a connection without a network. A batch is smaller than the ring and begins when the free ones have the one before and its sessions are over.
/// </summary>
internal static class LagBench
{
    private const int Rounds = 5;
    private static readonly string[] Kinds = ["alone", "blocked", "pull"];

    public static async Task<int> RunAsync()
    {
        var figures = await MeasureAsync();
        Console.WriteLine(JsonSerializer.Serialize(figures.ToJson().Prepend(new("bench", "lag")).ToDictionary()));
        return 0;
    }

    public static async Task<LagFigures> MeasureAsync()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(workers + LagRound.Lagging, ports);
        Console.WriteLine($"lag: real time, thread pool with at least {workers + LagRound.Lagging} threads; {LagRound.Free} free subscribers, {LagRound.Lagging} that lag, {Rounds} rounds of {LagRound.Sessions} sessions each");
        var rounds = Kinds.ToDictionary(kind => kind, _ => new List<LagRound>());
        foreach (var kind in Kinds)
            await LagRound.RunAsync(kind);
        for (var round = 0; round < Rounds; round++)
        {
            // In turns, and not always in the same order.
            for (var i = 0; i < Kinds.Length; i++)
            {
                var kind = Kinds[(round + i) % Kinds.Length];
                var run = await LagRound.RunAsync(kind);
                rounds[kind].Add(run);
                Console.WriteLine($"{round + 1,-3}{kind,-9}{run.DeliveredPerSecond / 1e6,8:0.00} million a second, skipped by the free {run.FreeSkipped}, heap {run.MemoryGrowth,6:+0.0;-0.0} %");
            }
        }

        return new LagFigures(
            Rounds * LagRound.Sessions,
            Median.Of(rounds["alone"].Select(run => run.DeliveredPerSecond)),
            OverAlone("blocked"),
            OverAlone("pull"),
            rounds.Values.Sum(runs => runs.Sum(run => run.FreeSkipped)),
            Kinds.Skip(1).Max(kind => Median.Of(rounds[kind].Select(run => run.MemoryGrowth))));

        double OverAlone(string kind) => Median.Of(rounds[kind].Zip(rounds["alone"], (a, b) => a.DeliveredPerSecond / b.DeliveredPerSecond));
    }
}
