using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Checks the additional invariants of a harsh simulation: memory use, the progress of readers, and that no resources are left at the end.
/// </summary>
internal sealed class HarshInvariants(ManagerScenario world)
{
    /// <summary>The maximum number of groups of one subscription that are in flight at once.</summary>
    private const long GroupsInFlight = 64;

    /// <summary>
    /// The maximum number of groups of a received track that may be in memory beyond the track's share: the newest group, the arriving
    /// group, the group that is being read, and four more groups' worth of large frames, which only a lossless track may hold.
    /// </summary>
    private const long GroupsBeyondShare = 7;

    /// <summary>The maximum ratio between the size of a memory block and the size of its contents.</summary>
    private const long Rounding = 2;

    /// <summary>
    /// The size of the smallest memory block in bytes. The small frames of a group share a block that no other group uses, so this is the
    /// memory of a group of one tiny frame.
    /// </summary>
    private const long SmallestBlock = 256;

    private readonly Dictionary<SimulatedBroadcast, TimeSpan> _overSince = [];

    /// <summary>Checks the limits of memory use and of the number of sessions. Called after every step.</summary>
    public void CheckLimits()
    {
        var kept = world.Pool!.BytesOut;
        var readers = world.Known.Sum(static peer => peer.Readers.Count);
        var tracks = world.Broadcasts.Where(IsKept).ToArray();
        // The groups in flight to a reader stay in memory until they are acknowledged, even if the cache has dropped them. Each track has
        // them at most twice, for a reader that has just left and for one that has just started.
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
    /// Checks that every reader that must make progress has read the last group of its broadcast. Called when the simulation has settled
    /// and a last group has been written to every broadcast.
    /// </summary>
    public void CheckReaders()
    {
        foreach (var reader in world.Readers.Where(static reader => reader.MustBeOver && !reader.IsOver))
            world.Log.ReportViolation(ManagerInvariants.EveryWaitEnds, $"{reader.Name} ends with its session", reader.Progress);
        foreach (var reader in world.Readers.Where(static reader => reader.MustMakeProgress))
        {
            var broadcast = world.Broadcasts.FirstOrDefault(broadcast => broadcast.Sent == reader.Broadcast) ?? reader.Published;
            // A lossless writer waits for its slowest reader, and so all other readers wait too.
            if (broadcast is null or { IsOver: true } || broadcast.Sent is { IsLossless: true, HasSlowReaders: true }
                || broadcast.Sent.Finished.Count == 0)
                continue;
            // A lossless reader that pauses may be cut off with an exception, but it must not wait forever.
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

    /// <summary>
    /// Checks that no track has a reader. Called after all readers have been canceled, while the sessions are still open.
    /// </summary>
    public void CheckNoReaders()
    {
        foreach (var broadcast in world.Broadcasts.Where(static broadcast => broadcast.Track.SubscriberCount > 0))
        {
            var expected = $"b{broadcast.Sent.Number} of {broadcast.Sent.Publisher} has no reader when all have left";
            world.Log.ReportViolation(ManagerInvariants.NothingIsLeft, expected, $"{broadcast.Track.SubscriberCount} readers");
        }
    }

    /// <summary>Checks that no memory block is in use and no timer is scheduled. Called after all peers have shut down.</summary>
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
    /// Returns a value that indicates whether a broadcast may still use memory. An ended broadcast may, until its last reader has left or
    /// the connection to that reader has timed out.
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
