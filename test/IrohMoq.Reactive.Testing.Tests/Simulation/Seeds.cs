namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Runs many seeds, on two threads that share nothing but the next number.</summary>
internal static class Seeds
{
    public const int Count = 500;

    private const int Threads = 2;

    /// <summary>Runs the seeds, and returns the results in their order.</summary>
    /// <param name="options">The options for a seed.</param>
    /// <param name="until">Returns whether to stop after a result; null runs all seeds.</param>
    /// <param name="count">The number of seeds, from 0 on.</param>
    public static IReadOnlyList<SimulationResult> Run(
        Func<int, ManagerOptions> options, Func<SimulationResult, bool>? until = null, int count = Count) =>
        Run(seed => ManagerScenario.Run(options(seed)), until, count);

    /// <summary>Runs the seeds, and returns the results in their order.</summary>
    /// <param name="run">Runs a seed.</param>
    /// <param name="until">Returns whether to stop after a result; null runs all seeds.</param>
    /// <param name="count">The number of seeds, from 0 on.</param>
    public static IReadOnlyList<SimulationResult> Run(Func<int, SimulationResult> run, Func<SimulationResult, bool>? until, int count)
    {
        var results = new SimulationResult?[count];
        var next = -1;
        var isFound = false;
        Exception? fault = null;
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(Work)).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.That(fault, Is.Null);
        return [.. results.OfType<SimulationResult>()];

        void Work()
        {
            try
            {
                while (!Volatile.Read(ref isFound) && Interlocked.Increment(ref next) is var seed && seed < count)
                {
                    var result = results[seed] = run(seed);
                    if (until?.Invoke(result) == true)
                        Volatile.Write(ref isFound, true);
                }
            }
            catch (Exception failure)
            {
                fault = failure;
            }
        }
    }
}
