namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Records the groups that a reading of a <see cref="RelayScenario"/> receives, and checks that they are those that it has requested, in
/// its order, whole, and with a count of those that it has missed.
/// </summary>
internal sealed class ReadingRecord
{
    private readonly RelayScenario _world;
    private readonly FrontReading _reading;
    private readonly FrameVerifier _frames;
    private readonly SortedSet<ulong> _begun = [];
    private readonly SortedSet<ulong> _whole = [];
    // What other readings of the peer have received before this one began is not sent again for it (ADR 24).
    private readonly (FrontReading Reading, ulong[] Groups)[] _before;
    // The number of the next group of each broadcast when the reading began.
    private readonly Dictionary<SimulatedBroadcast, ulong> _next;
    private TrackCursor? _cursor;
    private ulong? _last;

    public ReadingRecord(RelayScenario world, FrontReading reading, FrameVerifier frames)
    {
        (_world, _reading, _frames) = (world, reading, frames);
        _before =
        [
            .. world.Readings.Where(one => one.Peer == reading.Peer && one.Name == reading.Name)
                .Select(static one => (one, one.Record._begun.ToArray())),
        ];
        _next = world.Broadcasts.Where(one => one.Sent.Name == reading.Name)
            .ToDictionary(static one => one, static one => one.Track.State.Sequences.Next);
    }

    /// <summary>Gets the number of groups that were begun to be read.</summary>
    public int Count => _begun.Count;

    /// <summary>Gets a description of the groups that were read.</summary>
    public string Text => $"{_whole.Count} whole groups{(_begun.Count == 0 ? "" : $" of {_begun.Min} to {_begun.Max}")}";

    private ReadingTerms Terms => _reading.Terms;

    private long Skipped => _world.Options.Skipped(_reading.Track);

    /// <summary>Gets the sequence number of the first requested group. Groups before it may arrive, and are not counted.</summary>
    private ulong First
    {
        get
        {
            lock (_cursor!.Track.Gate)
                return _cursor.From ?? _cursor.Track.Sequences.Lowest ?? 0;
        }
    }

    private ulong Lowest
    {
        get
        {
            lock (_cursor!.Track.Gate)
                return _cursor.Track.Sequences.Lowest ?? ulong.MaxValue;
        }
    }

    /// <summary>
    /// Gets a value that indicates whether the reading is told of the groups that do not come. Up to moq-lite-04, the subscriber of a live
    /// track is not told of all of them, and in arrival order it waits for those until the track ends.
    /// </summary>
    public bool KnowsAll => Terms.IsInSequence || _reading.Peer.Sessions.All(SwarmPeer.TellsOfDrops);

    /// <summary>
    /// Determines whether a datagram may be missing that the reading needs to reach its last group. Nobody tells of a datagram that is
    /// lost, and no later group is requested that would show it.
    /// </summary>
    public bool MayWaitForDatagram(SentFrames.SentBroadcast sent) =>
        sent.Datagrams.Any(group => !(group > Terms.Options.End) && !_begun.Contains(group));

    public bool HasWhole(ulong group) => _whole.Contains(group);

    /// <summary>
    /// Determines whether a reading of the name has requested a group only up to a frame. For other readers, the group may then end there,
    /// with a failure: its publisher sends no group twice (ADR 27).
    /// </summary>
    public bool MayBeCutShort(ulong group) =>
        _world.Readings.Exists(one => one.Name == _reading.Name && one.Terms.LastFrameOf(group) is not null);

    /// <summary>Records that a group was received, of which no frame was read yet.</summary>
    public void Begin(GroupConsumer group)
    {
        var number = group.Sequence;
        _frames.BeginGroup(number, Terms.FirstFrameOf(number));
        _cursor = group.Cursor;
        var options = Terms.Options;
        if (number < options.Start.Sequence || number > options.End)
            Report(RelayInvariants.WithinBounds, $"reads groups from {options.Start.Sequence} to {options.End}", $"group {number}");
        if (Terms.IsInSequence && number <= _last)
            Report(RelayInvariants.InSequence, $"reads a group after {_last}", $"group {number}");
        if (Terms.MustMissNothing && Skipped is > 0 and var missed)
            Report(RelayInvariants.FailsWhenMissed, $"fails before group {number}", $"it reads on, and has missed {missed} groups");
        if (Terms is { MustMissNothing: true, IsInSequence: true } && _last >= First && number > _last + 1
            && !WereRead(_last.Value, number))
            Report(RelayInvariants.FailsWhenMissed, $"reads group {_last + 1} or fails", $"group {number}");
        _begun.Add(number);
        _last = number;
    }

    /// <summary>Records that a frame of a group was received.</summary>
    public void Receive(ulong group, ReadOnlySpan<byte> payload)
    {
        CheckRequested(group);
        _frames.Receive(payload);
    }

    /// <summary>Records that a piece of a frame of a group was received.</summary>
    public void Receive(ulong group, in FrameChunk piece)
    {
        CheckRequested(group);
        _frames.Receive(piece);
    }

    /// <summary>Records that a group was read to its end, and checks that it has all the frames that were requested of it.</summary>
    public void End(ulong group)
    {
        _whole.Add(group);
        if (_frames.Broadcast is not { } sent || (sent.Finished.Contains(group) && sent.Groups[group].Count == _frames.Next))
            return;
        if (Terms.LastFrameOf(group) is { } last)
        {
            // A group is as long as its last requested frame, whether or not it goes on.
            if (_frames.Next == last + 1)
                return;
            var requested = $"reads group {group} of b{sent.Number} up to frame {last}, or to its end";
            Report(RelayInvariants.WithinBounds, requested, $"it ends before frame {_frames.Next}");
            return;
        }

        var written = sent.Finished.Contains(group) ? $"{sent.Groups[group].Count} frames" : "no end yet";
        Report(
            sent.Datagrams.Contains(group) ? RelayInvariants.DatagramsAreTrue : RelayInvariants.EndsAreSaid,
            $"reads group {group} of b{sent.Number} to its end, which has {written}",
            $"it ends before frame {_frames.Next}");
    }

    /// <summary>Checks that a reading which fails because it has missed a group has missed one.</summary>
    public void CheckMissed()
    {
        var skipped = Skipped;
        if (skipped < 1)
            Report(RelayInvariants.FailsWhenMissed, "fails only if it has missed a group", "it has missed none");
        if (_cursor is not { Track: var track } || First is var first && first > _begun.Max)
            return;
        long known;
        lock (track.Gate)
            known = (long)((track.Sequences.Highest ?? first) - first) + 1;
        var read = _begun.GetViewBetween(first, ulong.MaxValue).Count;
        if (read + skipped > known)
        {
            var expected = $"has read or missed no more than the {known} groups from {first} on that it knows of";
            Report(RelayInvariants.FailsWhenMissed, expected, $"{read} read, {skipped} missed");
        }
    }

    /// <summary>
    /// Checks that a reading has every group of a lossless track, and of a live one each that was not reported as skipped. Called when no
    /// data is in flight.
    /// </summary>
    public void CheckComplete(SimulatedBroadcast read, bool isAtEnd)
    {
        if (Swarm.IsLossless(_reading.Name))
            CheckLossless(read, isAtEnd);
        else
            CheckCounts(read.Sent);
    }

    private void CheckRequested(ulong group)
    {
        if (Terms.LastFrameOf(group) is { } last && _frames.Next > last)
            Report(RelayInvariants.WithinBounds, $"reads up to frame {last} of group {group}", $"frame {_frames.Next}");
    }

    private void CheckLossless(SimulatedBroadcast read, bool isAtEnd)
    {
        var before = GroupsBefore(read).ToHashSet();
        var missing = read.Sent.Finished
            .Where(group => group >= _begun.Min && !(group > Terms.Options.End) && !_whole.Contains(group) && !before.Contains(group))
            .Where(group => Terms.FirstFrameOf(group) <= read.Sent.Groups[group].Count && !MayBeCutShort(group))
            .ToArray();
        // Up to moq-lite-04 a peer does not say with which group it begins, so that a reading that has moved to it counts what is
        // missing, and fails at the end of the track. What others had read before the reading began is only counted.
        var next = _next.GetValueOrDefault(read);
        var mustFail = isAtEnd && read.IsFinished && missing.Any(group => group >= next);
        if (mustFail || missing.Length > Skipped)
        {
            var expected = $"has group {missing[0]} of b{read.Sent.Number}, which is lossless, or fails";
            Report(ManagerInvariants.Lossless, expected, _reading.Progress);
        }
    }

    private void CheckCounts(SentFrames.SentBroadcast sent)
    {
        if (_cursor is null)
            return;
        // Groups before the first one that the publisher has told may arrive if they were requested, and then are read or skipped.
        var (from, skipped) = (Terms.Options.Start.Sequence is { } start ? Math.Max(start, Math.Min(First, Lowest)) : First, Skipped);
        var all = (long)(Math.Max(sent.Groups.Keys.Max(), _begun.Max) - from) + 1;
        var count = _begun.GetViewBetween(from, ulong.MaxValue).Count + skipped;
        if (count > all)
        {
            var expected = $"has read or skipped no more than the {all} groups of b{sent.Number} from {from} on";
            Report(ManagerInvariants.SkipsAddUp, expected, $"{count}, of which {skipped} skipped");
        }

        // Only a reading that has begun with the newest group knows what precedes its first one.
        if (Terms.Options.Start.Sequence is not null || !KnowsAll || sent.Finished.Count == 0)
            return;
        var last = Math.Min(sent.Finished.Max, Terms.Options.End ?? ulong.MaxValue);
        // If the newest group was received without its first frames, the reading has begun behind it.
        from = Math.Max(from, _cursor.Beginning);
        if (last >= from && count <= (long)(last - from))
        {
            var expected = $"has read or skipped all groups of b{sent.Number} from {from} to {last}";
            Report(ManagerInvariants.SkipsAddUp, expected, $"{count} groups, of which {skipped} skipped");
        }
    }

    /// <summary>Determines whether other readings of the peer have read all groups between two groups before this one began.</summary>
    private bool WereRead(ulong last, ulong next)
    {
        if (_reading.Broadcast is not { } read)
            return true;
        var before = GroupsBefore(read).ToHashSet();
        for (var group = last + 1; group < next; group++)
        {
            if (!before.Contains(group))
                return false;
        }

        return true;
    }

    private IEnumerable<ulong> GroupsBefore(SimulatedBroadcast read) =>
        _before.Where(one => one.Reading.Broadcast == read).SelectMany(static one => one.Groups);

    private void Report(string invariant, string expected, string seen) =>
        _world.Log.ReportViolation(invariant, $"{_reading.Title} {expected}", seen);
}
