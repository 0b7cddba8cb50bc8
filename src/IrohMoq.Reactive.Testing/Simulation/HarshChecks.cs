using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing;

/// <summary>What must hold in a harsh world beyond what holds everywhere.</summary>
internal sealed class HarshChecks(World world)
{
    /// <summary>Groups of one subscription that are on their way at once.</summary>
    private const long GroupsInFlight = 64;

    /// <summary>Groups of a track that is received which stay beyond its share: the newest, the one that comes, and the one that is read; of a lossless one four large frames more.</summary>
    private const long GroupsBeyondShare = 7;

    /// <summary>A block is up to twice as large as what is in it.</summary>
    private const long Rounding = 2;

    /// <summary>The small frames of a group share a block of this size, and no other group has a part of it: what a group of one tiny frame takes.</summary>
    private const long SmallestBlock = 256;

    private readonly Dictionary<LiveBroadcast, TimeSpan> _overSince = [];

    /// <summary>After every step.</summary>
    public void CheckMemory()
    {
        var kept = world.Pool!.BytesOut;
        var readings = world.Known.Sum(static peer => peer.Readers.Count);
        var tracks = world.Broadcasts.Where(IsKept).ToArray();
        var most = tracks.Sum(MostOf);
        // What is in flight for a reader is held until it is acknowledged, though the cache has let go of it: of each track at most twice, for a reader that has just gone and one that has just come.
        most += Rounding * GroupsInFlight * tracks.Sum(static live => Math.Max(live.LargestGroup, SmallestBlock));
        if (kept > most)
            world.Journal.Violated(Invariant.Bounded, $"{tracks.Length} tracks with {readings} readings keep {most} bytes at most", $"{kept} bytes");
        var largest = world.Broadcasts.Select(static live => live.LargestGroup).DefaultIfEmpty().Max();
        var mostReceived = Rounding * (readings + 1) * (world.Limits.ReceivedShare + new ReceiveBudget(world.Limits).BeyondShare + (GroupsBeyondShare * largest));
        if (world.Limits.Pool.BytesOut > mostReceived)
            world.Journal.Violated(Invariant.Bounded, $"{readings} readings keep {mostReceived} bytes of what they receive at most", $"{world.Limits.Pool.BytesOut} bytes");
    }

    /// <summary>When all has settled and a last group has been written to everything: every reader that could has read it.</summary>
    public void CheckReadings()
    {
        foreach (var reading in world.Readings.Where(static reading => reading.MustBeOver && !reading.IsOver))
            world.Journal.Violated(Invariant.WaitsEnd, $"{reading.Name} ends with its session", reading.Text);
        foreach (var reading in world.Readings.Where(static reading => reading.MustReadOn))
        {
            var live = world.Broadcasts.FirstOrDefault(live => live.Sent == reading.Broadcast) ?? World.LiveOf(reading);
            // A lossless writer waits for its slowest reader, and then so does everybody.
            if (live is null or { IsOver: true } || live.Sent is { IsLossless: true, HasSickReaders: true } || live.Sent.Finished.Count == 0)
                continue;
            // Where another reader of the session reads on, one that pauses may be told that it is cut off; it must not stand still.
            if (live.Sent.IsLossless && reading is { Manner: ReadingManner.Pauses, IsOver: true })
                continue;
            var last = live.Sent.Finished.Max;
            if (!reading.HasRead(last))
                world.Journal.Violated(Invariant.Progress, $"{reading.Name} has read group {last} of b{live.Sent.Number}, the last that was written", reading.Text);
            reading.CheckExact();
            reading.CheckThatAllIsTold();
        }
    }

    /// <summary>When all readers have been told to leave, and sessions are still open: nobody reads any more.</summary>
    public void CheckThatNobodyReads()
    {
        foreach (var live in world.Broadcasts.Where(static live => live.Track.SubscriberCount > 0))
            world.Journal.Violated(Invariant.AllEnds, $"nobody reads b{live.Sent.Number} of {live.Sent.Publisher} when all have left", $"{live.Track.SubscriberCount} readers");
    }

    /// <summary>When all have shut down: no block is held, and nothing will happen any more.</summary>
    public void CheckThatNothingIsLeft()
    {
        CheckThatNobodyReads();
        if (world.Pool!.BytesOut > 0)
            world.Journal.Violated(Invariant.AllEnds, "no block is held after all have shut down", $"{world.Pool.BytesOut} bytes");
        if (world.Limits.Pool.BytesOut > 0)
            world.Journal.Violated(Invariant.AllEnds, "no block of what was received is held after all have shut down", $"{world.Limits.Pool.BytesOut} bytes");
        if (world.NextDue is { } due)
            world.Journal.Violated(Invariant.AllEnds, "no timer is left after all have shut down", $"something is due at {due:c}");
    }

    /// <summary>What has ended is held until the last reader has it or has gone, and until its connection is found dead.</summary>
    private bool IsKept(LiveBroadcast live)
    {
        if (!live.IsOver)
            return true;
        var now = world.Network.Trace.Elapsed;
        if (!_overSince.TryGetValue(live, out var since))
            _overSince[live] = since = now;
        return live.Track.SubscriberCount > 0 || now - since < 2 * world.Network.IdleTimeout;
    }

    private static long MostOf(LiveBroadcast live) =>
        (Rounding * (live.Track.Options.MaxCachedBytes + live.LargestGroup)) + (SmallestBlock * (live.Track.Options.MaxCachedGroups + 1));
}
