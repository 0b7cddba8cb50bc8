using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Measures whether slow subscribers slow down the others. There are 90 fast subscribers of <see cref="Moq.IncomingSessions"/>: alone, with
/// ten more subscribers that never return from OnNext, and with ten more that never request the next item. The results support the design
/// decision that all subscribers share one ring buffer and each has its own cursor. The sessions are real ones, on connections without a
/// network. A batch of sessions is smaller than the ring buffer, and starts when the fast subscribers have received the previous batch and
/// its sessions have ended.
/// </summary>
/// <remarks>
/// The benchmark runs in real time on the thread pool. The three managers exist at the same time and receive their batches alternately, so
/// that a slowdown of the machine affects all three, and so do the ten blocked threads. The minimum number of pool threads is raised by ten
/// to compensate for the blocked threads.
/// </remarks>
internal static class LagBench
{
    private const int Sessions = 200_000;
    private const int Rounds = 100;
    // After these batches, JIT compilation is finished and the ring buffers are full.
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

    /// <summary>
    /// Publishes batches to all crowds, and returns for each crowd the number of items per second that its fast subscribers received.
    /// </summary>
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
