namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Checks that the writers of the lossless tracks of a <see cref="RelayScenario"/> are held while a reader of the track has too much to
/// read, and only then. What a reader has yet to take is counted in the cache of the track, and not by the counters by which the track
/// itself decides. A group that was taken and is not read to its end may be on its way to a peer, and does not count.
/// </summary>
internal sealed class WriterBound(RelayScenario world)
{
    /// <summary>
    /// Checks that there was room for a group or a frame. Called in the turn in which it was written, so that nothing else has changed.
    /// </summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="group">The group that was created, or of which the frame is.</param>
    /// <param name="written">The cost of what was written, in bytes.</param>
    /// <param name="isNew">True if the group was created; otherwise, false.</param>
    public void Check(SimulatedBroadcast broadcast, GroupProducer group, long written, bool isNew)
    {
        var track = broadcast.Track.State;
        var options = track.Options;
        if (!options.Lossless)
            return;
        lock (track.Gate)
        {
            var (groups, bytes) = track.Readers.Count == 0
                ? (track.Cache.Count, track.Cache.Bytes - written)
                : MostUntaken(track, group, written);
            if (isNew && groups > options.MaxCachedGroups)
                Report(broadcast, $"{options.MaxCachedGroups} groups at most when one was created", $"{groups} groups");
            if (bytes >= options.MaxCachedBytes)
                Report(broadcast, $"less than {options.MaxCachedBytes} bytes when more is written", $"{bytes} bytes");
        }
    }

    /// <summary>Checks that no writer waits for readers that have all had the time to read. Called when all has settled.</summary>
    public void CheckSettled()
    {
        foreach (var broadcast in world.Broadcasts.Where(static broadcast => !broadcast.IsOver))
        {
            var track = broadcast.Track.State;
            lock (track.Gate)
            {
                if (track.Writers.IsAny && track.Readers.Count > 0)
                    Report(broadcast, "so little when all has settled that no writer waits", "a writer waits");
            }
        }
    }

    /// <summary>
    /// Returns the highest number of groups that a reader has yet to take, and of bytes that a reader had yet to take before the last
    /// write. A reader that waits for more of the group that is written does not count, because a wait for it would never end.
    /// </summary>
    private static (int Groups, long Bytes) MostUntaken(TrackState track, GroupProducer writing, long written)
    {
        var most = (Groups: 0, Bytes: 0L);
        foreach (var reader in track.Readers)
        {
            if (writing.Readers.Of(reader) is { IsWaiting: true })
                continue;
            var (groups, bytes) = (0, 0L);
            foreach (var (index, group) in track.Cache)
            {
                if (reader.HasPassed(index))
                    continue;
                groups++;
                bytes += group.UnreadCost - (group == writing ? written : 0);
            }

            most = (Math.Max(most.Groups, groups), Math.Max(most.Bytes, bytes));
        }

        return most;
    }

    private void Report(SimulatedBroadcast broadcast, string expected, string seen)
    {
        var track = $"b{broadcast.Sent.Number}, of {broadcast.Track.SubscriberCount} readers,";
        world.Log.ReportViolation(RelayInvariants.WritersAreHeld, $"the slowest reader of {track} has yet to take {expected}", seen);
    }
}
