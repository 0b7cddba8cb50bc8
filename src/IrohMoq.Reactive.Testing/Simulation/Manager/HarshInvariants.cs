using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing;

/// <summary>The invariants of a harsh world: memory, readers, and what is left at the end.</summary>
internal sealed class HarshInvariants(ManagerScenario world)
{
    /// <summary>The groups of one subscription that are in flight at once.</summary>
    private const long GroupsInFlight = 64;

    /// <summary>
    /// The groups of a received track that are kept beyond its share: the newest, the one that arrives, and the one that is read; of a
    /// lossless track four large frames more.
    /// </summary>
    private const long GroupsBeyondShare = 7;

    /// <summary>A block is up to twice as large as its contents.</summary>
    private const long Rounding = 2;

    /// <summary>
    /// The smallest block. The small frames of a group share one, which no other group uses: it is the memory of a group of one tiny frame.
    /// </summary>
    private const long SmallestBlock = 256;

    private readonly Dictionary<SimulatedBroadcast, TimeSpan> _overSince = [];

    /// <summary>Checks the limits of memory and of sessions after every step.</summary>
    public void CheckLimits()
    {
        var kept = world.Pool!.BytesOut;
        var readers = world.Known.Sum(static peer => peer.Readers.Count);
        var tracks = world.Broadcasts.Where(IsKept).ToArray();
        // What is in flight for a reader is held until it is acknowledged, though the cache has dropped it: of each track at most twice,
        // for a reader that has just left and one that has just begun.
        var inFlight = Rounding * GroupsInFlight * tracks.Sum(static track => Math.Max(track.LargestGroup, SmallestBlock));
        Check(kept, tracks.Sum(MaxBytesOf) + inFlight, $"{tracks.Length} tracks with {readers} readers");

        var largest = world.Broadcasts.Select(static broadcast => broadcast.LargestGroup).DefaultIfEmpty().Max();
        var share = world.Limits.ReceivedShare + new ReceiveBudget(world.Limits).BeyondShare + (GroupsBeyondShare * largest);
        Check(world.Limits.Pool.BytesOut, Rounding * (readers + 1) * share, $"what {readers} readers receive");

        foreach (var peer in world.Running.Where(static peer => peer.Observers[0].Open.Count > peer.MaxSessions))
        {
            var (expected, seen) = ($"{peer.Name} has at most {peer.MaxSessions} sessions", $"{peer.Observers[0].Open.Count} sessions");
            world.Log.ReportViolation(ManagerInvariants.MemoryIsBounded, expected, seen);
        }
    }

    /// <summary>
    /// Checks, when all has settled and a last group has been written to every broadcast, that every reader that could has read it.
    /// </summary>
    public void CheckReaders()
    {
        foreach (var reader in world.Readers.Where(static reader => reader.MustBeOver && !reader.IsOver))
            world.Log.ReportViolation(ManagerInvariants.EveryWaitEnds, $"{reader.Name} ends with its session", reader.Progress);
        foreach (var reader in world.Readers.Where(static reader => reader.MustMakeProgress))
        {
            var broadcast = world.Broadcasts.FirstOrDefault(broadcast => broadcast.Sent == reader.Broadcast) ?? reader.Published;
            // A lossless writer waits for its slowest reader, and then so do all.
            if (broadcast is null or { IsOver: true } || broadcast.Sent is { IsLossless: true, HasSlowReaders: true }
                || broadcast.Sent.Finished.Count == 0)
                continue;
            // Where another reader of the session goes on, one that pauses may be cut off with an exception; it may not stand still.
            if (broadcast.Sent.IsLossless && reader is { Behavior: ReaderBehavior.Pauses, IsOver: true })
                continue;
            var last = broadcast.Sent.Finished.Max;
            if (!reader.HasRead(last))
            {
                var expected = $"{reader.Name} has read group {last} of b{broadcast.Sent.Number}, the last that was written";
                world.Log.ReportViolation(ManagerInvariants.Progress, expected, reader.Progress);
            }

            reader.CheckLossless();
            reader.CheckSkipped();
        }
    }

    /// <summary>Checks, when all readers have been canceled and sessions are still open, that no track has a reader.</summary>
    public void CheckNoReaders()
    {
        foreach (var broadcast in world.Broadcasts.Where(static broadcast => broadcast.Track.SubscriberCount > 0))
        {
            var expected = $"b{broadcast.Sent.Number} of {broadcast.Sent.Publisher} has no reader when all have left";
            world.Log.ReportViolation(ManagerInvariants.NothingIsLeft, expected, $"{broadcast.Track.SubscriberCount} readers");
        }
    }

    /// <summary>Checks, when all peers have shut down, that no block is held and nothing will happen any more.</summary>
    public void CheckNothingIsLeft()
    {
        CheckNoReaders();
        CheckLeft(world.Pool!.BytesOut > 0, "no published block is held after the shutdown", $"{world.Pool.BytesOut} bytes");
        CheckLeft(world.Limits.Pool.BytesOut > 0, "no received block is held after the shutdown", $"{world.Limits.Pool.BytesOut} bytes");
        var due = world.NextDue();
        CheckLeft(due is not null, "no timer is left after the shutdown", $"something is due at {due:c}");
    }

    private static long MaxBytesOf(SimulatedBroadcast broadcast)
    {
        var options = broadcast.Track.Options;
        return (Rounding * (options.MaxCachedBytes + broadcast.LargestGroup)) + (SmallestBlock * (options.MaxCachedGroups + 1));
    }

    private void CheckLeft(bool isLeft, string expected, string seen)
    {
        if (isLeft)
            world.Log.ReportViolation(ManagerInvariants.NothingIsLeft, expected, seen);
    }

    private void Check(long bytes, long limit, string what)
    {
        if (bytes > limit)
            world.Log.ReportViolation(ManagerInvariants.MemoryIsBounded, $"{what} keep {limit} bytes at most", $"{bytes} bytes");
    }

    /// <summary>
    /// Returns whether a broadcast may hold memory: one that has ended does until its last reader has left, or its connection is found
    /// dead.
    /// </summary>
    private bool IsKept(SimulatedBroadcast broadcast)
    {
        if (!broadcast.IsOver)
            return true;
        var now = world.Network.Trace.Elapsed;
        if (!_overSince.TryGetValue(broadcast, out var since))
            _overSince[broadcast] = since = now;
        return broadcast.Track.SubscriberCount > 0 || now - since < 2 * world.Network.IdleTimeout;
    }
}
