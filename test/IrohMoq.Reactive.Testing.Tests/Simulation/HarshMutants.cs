using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Faults that break a promise of the library. Each stands between the library and every reader of a harsh world.</summary>
internal static class HarshMutants
{
    private const int Third = 3;

    /// <summary>A group is received twice.</summary>
    public static async IAsyncEnumerable<GroupConsumer> DoubledGroup(
        IAsyncEnumerable<GroupConsumer> groups,
        BlockPool pool,
        Runtime runtime,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in groups.ConfigureAwait(false))
        {
            yield return group;
            if (++count == Third)
                yield return group;
        }
    }

    /// <summary>
    /// A group of a lossless track is missing without a report. One of a live track would be found sooner, because another promise is
    /// broken with it.
    /// </summary>
    public static async IAsyncEnumerable<GroupConsumer> LostGroup(
        IAsyncEnumerable<GroupConsumer> groups,
        BlockPool pool,
        Runtime runtime,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in groups.ConfigureAwait(false))
        {
            if (group.Cursor!.Track.IsLossless && ++count == Third)
                group.Dispose();
            else
                yield return group;
        }
    }

    /// <summary>After some groups no more arrive.</summary>
    public static async IAsyncEnumerable<GroupConsumer> Standstill(
        IAsyncEnumerable<GroupConsumer> groups,
        BlockPool pool,
        Runtime runtime,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in groups.ConfigureAwait(false))
        {
            yield return group;
            if (++count == Third)
                await runtime.DelayAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Memory is allocated for each group and never released.</summary>
    public static async IAsyncEnumerable<GroupConsumer> KeptMemory(
        IAsyncEnumerable<GroupConsumer> groups,
        BlockPool pool,
        Runtime runtime,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var group in groups.ConfigureAwait(false))
        {
            pool.Rent(16 << 20);
            yield return group;
        }
    }

    /// <summary>One small block is never released.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedBlock(
        IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken)
    {
        pool.Rent(1);
        return groups;
    }

    /// <summary>A reader stays subscribed when its enumeration has ended.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedReader(
        IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken)
    {
        _ = StayAsync(groups);
        return groups;
    }

    /// <summary>A timer is never disposed.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedTimer(
        IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken)
    {
        runtime.CreateTimer(static _ => { }, null, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));
        return groups;
    }

    /// <summary>A publisher that was asked to pause is never asked to resume.</summary>
    public static ReceiveFlow NoResume(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted) =>
        new NeverResumes(track, arriving, budget, counted);

    /// <summary>A publisher is held back in the group that its reader waits for.</summary>
    public static ReceiveFlow WithheldAwaited(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted) =>
        new WithholdsAll(track, arriving, budget, counted);

    /// <summary>A group that its reader has left is kept.</summary>
    public static async IAsyncEnumerable<GroupConsumer> KeptAfterBreak(
        IAsyncEnumerable<GroupConsumer> groups,
        BlockPool pool,
        Runtime runtime,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var group in groups.ConfigureAwait(false))
        {
            group.Keep();
            yield return group;
        }
    }

    /// <summary>A reader that waits when the session ends is not notified.</summary>
    public static async IAsyncEnumerable<GroupConsumer> UnseenSessionEnd(
        IAsyncEnumerable<GroupConsumer> groups,
        BlockPool pool,
        Runtime runtime,
        [EnumeratorCancellation] CancellationToken cancellationToken)
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

    /// <summary>Each skipped group is counted twice.</summary>
    public static ManagerOptions DoubledSkip(ManagerOptions options) =>
        options with { GroupSkipped = static group => 2 * group.Skipped, TrackSkipped = static track => 2 * track.Skipped };

    /// <summary>No skipped group is counted.</summary>
    public static ManagerOptions UncountedSkip(ManagerOptions options) =>
        options with { GroupSkipped = static _ => 0, TrackSkipped = static _ => 0 };

    /// <summary>Another group is fetched than the one that was asked for.</summary>
    public static ValueTask<GroupConsumer> FetchedNext(TrackConsumer track, ulong sequence, CancellationToken cancellationToken) =>
        track.FetchAsync(sequence + 1, null, cancellationToken);

    /// <summary>A group that the publisher keeps is refused.</summary>
    public static ValueTask<GroupConsumer> FetchRefused(TrackConsumer track, ulong sequence, CancellationToken cancellationToken) =>
        throw new MoqStreamException(MoqErrorCode.NotFound, "No such group.");

    /// <summary>The last frame of a fetched group is missing.</summary>
    public static async ValueTask<GroupConsumer> FetchedInPart(TrackConsumer track, ulong sequence, CancellationToken cancellationToken)
    {
        using var whole = await track.FetchAsync(sequence, null, cancellationToken).ConfigureAwait(false);
        var frames = new List<byte[]>();
        await foreach (var frame in whole.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
            frames.Add(frame.ToArray());
        var broadcast = new BroadcastProducer(track.Runtime);
        var copy = broadcast.CreateTrack(track.Name);
        using (var group = copy.CreateGroup(sequence))
        {
            foreach (var frame in frames.SkipLast(1))
                group.Write(frame);
            group.Finish();
        }

        return await broadcast.Consume().Track(track.Name).FetchAsync(sequence, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A request that was rejected is accepted.</summary>
    public static string RejectedIsAccepted(string kind) => kind == RequestKind.Rejected ? RequestKind.Accepted : kind;

    /// <summary>A request that was accepted is rejected.</summary>
    public static string AcceptedIsRejected(string kind) => kind == RequestKind.Accepted ? RequestKind.Rejected : kind;

    /// <summary>Of several groups that were skipped one is reported.</summary>
    public static long UnreportedSkip(GroupConsumer group) => Math.Min(group.Skipped, 1);

    private sealed class NeverResumes(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted)
        : ReceiveFlow(track, arriving, budget, counted)
    {
        protected override void Resume()
        {
        }
    }

    private sealed class WithholdsAll(TrackProducer track, ArrivingGroups arriving, ReceiveBudget budget, Signal counted)
        : ReceiveFlow(track, arriving, budget, counted)
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
            // Without the token of the reader.
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
