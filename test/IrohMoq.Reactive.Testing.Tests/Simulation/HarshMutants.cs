using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>What a library would do to its readers that breaks a promise: each stands between the real one and every reader of a harsh world.</summary>
internal static class HarshMutants
{
    private const int Third = 3;

    /// <summary>A group is missing, and nobody is told.</summary>
    public static async IAsyncEnumerable<GroupConsumer> LostGroup(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Turns turns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in groups.ConfigureAwait(false))
        {
            if (++count == Third)
                group.Dispose();
            else
                yield return group;
        }
    }

    /// <summary>After some groups nothing comes any more.</summary>
    public static async IAsyncEnumerable<GroupConsumer> Standstill(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Turns turns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in groups.ConfigureAwait(false))
        {
            yield return group;
            if (++count == Third)
                await turns.DelayAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Memory is kept for each group, for good.</summary>
    public static async IAsyncEnumerable<GroupConsumer> KeptMemory(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Turns turns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var group in groups.ConfigureAwait(false))
        {
            pool.Rent(16 << 20);
            yield return group;
        }
    }

    /// <summary>One small block is never given back.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedBlock(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Turns turns, CancellationToken cancellationToken)
    {
        pool.Rent(1);
        return groups;
    }

    /// <summary>A reader stays though whoever read has left.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedReader(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Turns turns, CancellationToken cancellationToken)
    {
        _ = StayAsync(groups);
        return groups;
    }

    /// <summary>A timer goes on for ever.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedTimer(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Turns turns, CancellationToken cancellationToken)
    {
        turns.CreateTimer(static _ => { }, null, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));
        return groups;
    }

    /// <summary>Of more than one group that a reader has missed it is told of one.</summary>
    public static long UntoldMiss(GroupConsumer group, ulong? newest) => Math.Min(HarshReading.MissedBefore(group, newest), 1);

    private static async Task StayAsync(IAsyncEnumerable<GroupConsumer> groups)
    {
        try
        {
            // Not in the reader's own turn, and without its token.
            var stays = groups.GetAsyncEnumerator(CancellationToken.None);
            while (await stays.MoveNextAsync().ConfigureAwait(false))
                stays.Current.Dispose();
        }
        catch (IOException)
        {
            // The session is over.
        }
    }
}
