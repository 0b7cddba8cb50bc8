using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;

namespace IrohMoq.Examples;

/// <summary>How the examples look at what they have heard.</summary>
public static class Expect
{
    /// <summary>How long anything may take; a reconnection needs a second.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Listens from now on for so many items.</summary>
    public static Task<IList<T>> TakeAsync<T>(this IObservable<T> items, int count, ISwarm swarm) =>
        items.Take(count).ToList().Timeout(Limit, swarm.Scheduler).ToTask();

    /// <summary>Waits for an item.</summary>
    public static Task<T> UntilAsync<T>(this IObservable<T> items, Func<T, bool> condition, ISwarm swarm) =>
        items.Where(condition).Concat(Observable.Throw<T>(new InvalidOperationException("It ended, and should be going on."))).FirstAsync().Timeout(Limit, swarm.Scheduler).ToTask();

    /// <summary>Gives the lines back if they are what they should be.</summary>
    public static IReadOnlyList<string> Lines(IEnumerable<string> heard, params string[] expected)
    {
        string[] lines = [.. heard];
        return lines.SequenceEqual(expected)
            ? lines
            : throw new InvalidOperationException($"Heard: {string.Join(" | ", lines)}. Should be: {string.Join(" | ", expected)}.");
    }
}
