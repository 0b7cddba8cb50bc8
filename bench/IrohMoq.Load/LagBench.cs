using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Whether subscribers that fall behind slow the others down: 90 free subscribers of <see cref="Moq.IncomingSessions"/> alone, with ten
/// more that never return from OnNext, and with ten more that never ask for the next item. It serves the decision that one ring is shared
/// and every subscriber has a cursor of its own. A session is a real one, on a connection without a network. A batch is smaller than the
/// ring and begins when the free ones have the one before and its sessions are over.
/// </summary>
/// <remarks>
/// Real time, on the thread pool. The three managers stand next to one another and get their batches in turns, so that what slows the
/// machine down slows all, and the ten blocked threads are missing for all alike: the pool's least number of threads is raised by ten, or
/// the blocked ones would be measured with fewer threads that contend.
/// </remarks>
internal static class LagBench
{
    private const int Sessions = 200_000;
    private const int Rounds = 100;
    // The JIT is done, and the rings are full.
    private const int WarmBatches = 20;
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
        ThreadPool.SetMinThreads(workers + LagCrowd.Lagging, ports);
        Console.WriteLine(
            $"lag: real time, thread pool with at least {workers + LagCrowd.Lagging} threads; {LagCrowd.Free} free subscribers, "
            + $"{LagCrowd.Lagging} that lag, {Sessions} sessions of each kind");
        var crowds = Kinds.Select(kind => new LagCrowd(kind)).ToArray();
        await RoundAsync(crowds, WarmBatches);
        var before = IdleHeap.Collected();
        var rates = new List<double[]>();
        for (var round = 0; round < Rounds; round++)
            rates.Add(await RoundAsync(crowds, Sessions / LagCrowd.Batch / Rounds));
        var growth = 100.0 * (IdleHeap.Collected() - before) / before;
        for (var kind = 0; kind < Kinds.Length; kind++)
            Console.WriteLine(
                $"{Kinds[kind],-9}{Rate(kind) / 1e6,8:0.00} million delivered a second, skipped by the free {crowds[kind].Skipped}");
        Console.WriteLine($"heap {growth:+0.0;-0.0} % over {Sessions} sessions of each kind, from {before / 1e6:0.0} MB");
        var skipped = crowds.Sum(crowd => crowd.Skipped);
        foreach (var crowd in crowds)
            await crowd.DisposeAsync();
        return new LagFigures(Sessions, Rate(0), OverAlone(1), OverAlone(2), skipped, growth);

        double Rate(int kind) => Median.Of(rates.Select(round => round[kind]));
        double OverAlone(int kind) => Median.Of(rates.Select(round => round[kind] / round[0]));
    }

    /// <summary>What the free ones of each kind received a second.</summary>
    private static async Task<double[]> RoundAsync(LagCrowd[] crowds, int batches)
    {
        var seconds = new double[crowds.Length];
        for (var batch = 0; batch < batches; batch++)
        {
            for (var i = 0; i < crowds.Length; i++)
            {
                var kind = (batch + i) % crowds.Length;
                seconds[kind] += await crowds[kind].PublishAsync();
            }
        }

        return [.. seconds.Select(time => (double)LagCrowd.Free * LagCrowd.Batch * batches / time)];
    }
}
