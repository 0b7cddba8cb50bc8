using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>What a library would do to its readers that breaks a promise: each stands between the real one and every reader of a harsh world.</summary>
internal static class HarshMutants
{
    private const int Third = 3;

    /// <summary>A group is missing, and nobody is told.</summary>
    public static async IAsyncEnumerable<GroupConsumer> LostGroup(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, [EnumeratorCancellation] CancellationToken cancellationToken)
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
    public static async IAsyncEnumerable<GroupConsumer> Standstill(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in groups.ConfigureAwait(false))
        {
            yield return group;
            if (++count == Third)
                await runtime.DelayAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Memory is kept for each group, for good.</summary>
    public static async IAsyncEnumerable<GroupConsumer> KeptMemory(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var group in groups.ConfigureAwait(false))
        {
            pool.Rent(16 << 20);
            yield return group;
        }
    }

    /// <summary>One small block is never given back.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedBlock(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken)
    {
        pool.Rent(1);
        return groups;
    }

    /// <summary>A reader stays though whoever read has left.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedReader(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken)
    {
        _ = StayAsync(groups);
        return groups;
    }

    /// <summary>A timer goes on for ever.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedTimer(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken)
    {
        runtime.CreateTimer(static _ => { }, null, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));
        return groups;
    }

    /// <summary>A publisher that was asked to wait is never asked to go on.</summary>
    public static ReceiveFlow NoResume(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted) => new NeverResumes(track, arriving, budget, counted);

    /// <summary>A publisher is held back in the very group that its reader waits for.</summary>
    public static ReceiveFlow WithheldAwaited(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted) => new WithholdsAll(track, arriving, budget, counted);

    /// <summary>Who breaks out of a group and takes the next one keeps what it has not read.</summary>
    public static async IAsyncEnumerable<GroupConsumer> KeptAfterBreak(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var group in groups.ConfigureAwait(false))
        {
            group.Keep();
            yield return group;
        }
    }

    /// <summary>Who waits when the session ends waits for ever.</summary>
    public static async IAsyncEnumerable<GroupConsumer> DeafToTheEnd(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = groups.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await reader.MoveNextAsync().ConfigureAwait(false))
                    yield break;
            }
            catch (MoqSessionClosedException)
            {
                await runtime.DelayAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
            }

            yield return reader.Current;
        }
    }

    /// <summary>A group that was missed counts twice, wherever it is told.</summary>
    public static SimulationOptions DoubledMiss => new() { Harsh = true, Told = static group => 2 * group.Skipped, Skipped = static track => 2 * track.Skipped };

    /// <summary>What is missed is not told anywhere.</summary>
    public static SimulationOptions UncountedMiss => new() { Harsh = true, Told = static _ => 0, Skipped = static _ => 0 };

    /// <summary>Of more than one group that a reader has missed it is told of one.</summary>
    public static long UntoldMiss(GroupConsumer group) => Math.Min(group.Skipped, 1);

    private sealed class NeverResumes(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted) : ReceiveFlow(track, arriving, budget, counted)
    {
        protected override void Resume()
        {
        }
    }

    private sealed class WithholdsAll(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted) : ReceiveFlow(track, arriving, budget, counted)
    {
        public override void OnStarving(GroupProducer group)
        {
        }

        protected override bool GoesOn(GroupSubscriber group) => false;
    }

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
