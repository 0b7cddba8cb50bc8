using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;

namespace IrohMoq.Examples;

/// <summary>Provides the checks of the examples.</summary>
public static class Expect
{
    /// <summary>The maximum time that each check waits. For comparison, a reconnection takes a second.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Returns the next items of a stream. Fails if the stream has too few items within the time limit.</summary>
    public static async Task<IList<T>> TakeAsync<T>(this IObservable<T> items, int count, ISwarm swarm)
    {
        var heard = await items.Take(count).WithinLimitAsync(swarm);
        return heard.Count == count ? heard : throw Wrong(heard, $"{count} in all");
    }

    /// <summary>Waits for an item that satisfies a condition. Fails if there is none within the time limit.</summary>
    public static async Task<T> UntilAsync<T>(this IObservable<T> items, Func<T, bool> condition, ISwarm swarm)
    {
        var heard = await items.TakeUntil(condition).WithinLimitAsync(swarm);
        return heard.Count > 0 && condition(heard[^1]) ? heard[^1] : throw Wrong(heard, "going on");
    }

    /// <summary>Returns the lines. Fails if they differ from the expected lines.</summary>
    public static IReadOnlyList<string> Lines(IEnumerable<string> heard, params string[] expected)
    {
        string[] lines = [.. heard];
        return lines.SequenceEqual(expected) ? lines : throw Wrong(lines, string.Join(" | ", expected));
    }

    private static Task<IList<T>> WithinLimitAsync<T>(this IObservable<T> items, ISwarm swarm) =>
        items.TakeUntil(Observable.Timer(Limit, swarm.Scheduler)).ToList().ToTask();

    private static InvalidOperationException Wrong<T>(IEnumerable<T> heard, string expected) =>
        new($"Heard: {string.Join(" | ", heard)}. Should be: {expected}.");
}
