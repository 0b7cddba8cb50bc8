using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents a reader of one track in a harsh simulation. Reads according to its behavior, records what it has read, and checks
/// invariants.
/// </summary>
internal sealed class SimulatedReader(
    ManagerScenario world,
    SimulatedPeer peer,
    SimulatedPeer publisher,
    BroadcastPath path,
    MoqSession session,
    BroadcastConsumer broadcast,
    FrameVerifier frames,
    CancellationTokenSource cancellation,
    int value)
{
    private static readonly ReaderBehavior[] Behaviors =
    [
        ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy,
        ReaderBehavior.Stops, ReaderBehavior.Stops, ReaderBehavior.Pauses, ReaderBehavior.Pauses,
        ReaderBehavior.SlowGroups, ReaderBehavior.SlowFrames, ReaderBehavior.LeavesGroups, ReaderBehavior.Leaves,
    ];

    private readonly SortedSet<ulong> _begun = [];
    private readonly SortedSet<ulong> _whole = [];
    private readonly int _degree = value / 36 % 5;
    private long _skipped;
    private bool _mayPassGroups;
    // Such a reader neither receives nor counts the groups before those that the publisher keeps, nor those that other readers have read.
    private bool _beginsWithOldest;
    private TrackReader? _reader;
    private TrackCursor? _cursor;

    /// <summary>
    /// Gets the track consumer. Each reader has its own, because a track consumer counts the groups that its readers have skipped.
    /// </summary>
    public TrackConsumer Track { get; } = broadcast.Track(SimulatedBroadcast.TrackName);

    public SimulatedPeer Peer => peer;

    public SimulatedPeer Publisher => publisher;

    /// <summary>Gets the broadcast that the publisher currently publishes under the name; null if there is none.</summary>
    public SimulatedBroadcast? Published => publisher.Published.GetValueOrDefault(path);

    public CancellationTokenSource Cancellation => cancellation;

    public ReaderBehavior Behavior { get; } = BehaviorOf(value);

    /// <summary>Gets a value that indicates whether the behavior of the reader blocks a lossless writer.</summary>
    public bool HoldsUpWriter => Behavior is ReaderBehavior.Stops or ReaderBehavior.SlowGroups or ReaderBehavior.SlowFrames;

    /// <summary>Gets or sets a value that indicates whether the reader has ended, for any reason.</summary>
    public bool IsOver { get; set; }

    /// <summary>Gets or sets a value that indicates whether the reader has left by itself or was canceled.</summary>
    public bool HasLeft { get; set; }

    /// <summary>
    /// Gets a value that indicates whether the reader must make progress, so that a lack of progress is a fault of the library.
    /// </summary>
    public bool MustMakeProgress =>
        Behavior is ReaderBehavior.Healthy or ReaderBehavior.Pauses && !HasLeft && !peer.IsGone && !publisher.IsGone &&
        !session.Closed.IsCompleted && !broadcast.Closed.IsCompleted;

    /// <summary>
    /// Gets a value that indicates whether the reader must have ended, because it is healthy, its session is closed, and no session has
    /// replaced it, over which the reading may go on.
    /// </summary>
    public bool MustBeOver => Behavior == ReaderBehavior.Healthy && session.Shared.Ended is { } closed
        && !(closed.IsSuperseded && peer.Observers[0].Open.Any(open => open.RemoteId == session.RemoteId));

    /// <summary>Gets the broadcast that is read, or null until the first frame has arrived.</summary>
    public SentFrames.SentBroadcast? Broadcast => frames.Broadcast;

    public string Name => $"{peer.Name}'s {Behavior} reader of {path} of {publisher.Name}";

    /// <summary>Gets a description of the progress of the reader, for reports.</summary>
    public string Progress
    {
        get
        {
            var groups = _begun.Count == 0 ? "" : $" of {_begun.Min} to {_begun.Max}";
            return $"{(IsOver ? "it is over" : "it waits")}, with {_whole.Count} whole groups{groups}";
        }
    }

    /// <summary>
    /// Gets the sequence number of the first requested group. Groups with lower numbers may also arrive, although they were not requested.
    /// </summary>
    private ulong First
    {
        get
        {
            lock (_cursor!.Track.Gate)
                return _cursor.From ?? _cursor.Track.Sequences.Lowest ?? 0;
        }
    }

    /// <summary>Returns the behavior of a reader that is started by a step with the specified value.</summary>
    public static ReaderBehavior BehaviorOf(int value) => Behaviors[value / 3 % Behaviors.Length];

    /// <summary>Returns a value that indicates whether the reader has read the specified group to its end.</summary>
    public bool HasRead(ulong group) => _whole.Contains(group);

    /// <summary>
    /// Reads the groups of the track, as the options of the reader specify. Each enumeration is a separate reader, of which the first one
    /// can be changed.
    /// </summary>
    public async IAsyncEnumerable<GroupConsumer> ReadGroupsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var style = StyleOf(value);
        _beginsWithOldest |= style.Start == GroupStart.Oldest;
        using var reader = Track.Open(style);
        _reader ??= reader;
        while (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is { } group)
            yield return group;
    }

    /// <summary>
    /// Changes the options of the reader, if it has begun. A reader in sequence order stays in it, and no other changes into it: such a
    /// change may count a missed group twice.
    /// </summary>
    public void Update(int options)
    {
        if (_reader is not { Options: var before })
            return;
        var style = StyleOf(options) with { Start = before.Start };
        if (style.Order == GroupOrder.Sequence || before.Order == GroupOrder.Sequence)
            style = style with { Order = before.Order };
        _reader.Options = style;
        world.Log.Write(peer.Name, "reader changed", $"{path} of {publisher.Name}, {ReadingStyle.TextOf(style)}");
    }

    /// <summary>Reads a group, completely or in part, depending on the behavior.</summary>
    /// <returns>True to continue with the next group; false if the reader leaves the track.</returns>
    public async Task<bool> ReadAsync(GroupConsumer group)
    {
        // A reader that leaves a group early need not dispose it.
        using (Behavior == ReaderBehavior.LeavesGroups ? null : group)
        {
            Count(group);
            if (Behavior == ReaderBehavior.Leaves && _begun.Count > _degree)
            {
                HasLeft = true;
                return false;
            }

            if (Behavior is ReaderBehavior.Stops or ReaderBehavior.Pauses && _begun.Count == _degree + 1)
                await WaitAsync().ConfigureAwait(false);
            try
            {
                await ReadFramesAsync(group).ConfigureAwait(false);
            }
            catch (MoqStreamException)
            {
                // An aborted or dropped group ends early. The reader continues with the next group of the track.
            }
        }

        if (Behavior == ReaderBehavior.SlowGroups)
            await world.Runtime.DelayAsync(TimeSpan.FromMilliseconds(40 * (1 + _degree)), cancellation.Token).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Checks that a healthy reader of a lossless track has completely read every group that is finished so far, from its first group on.
    /// If another reader of the peer skips old groups, the publisher may have skipped some before it is told of this one, which count as
    /// missed.
    /// </summary>
    public void CheckLossless()
    {
        if (Behavior != ReaderBehavior.Healthy || _mayPassGroups || _beginsWithOldest || _begun.Count == 0
            || Broadcast is not { IsLossless: true, HasSlowReaders: false } sent)
            return;
        var missing = sent.Finished.Where(group => group >= _begun.Min && !_whole.Contains(group)).ToArray();
        if (missing.Length == 0 || (peer.ReadInPart.Contains((publisher, path)) && missing.Length <= Track.Skipped))
            return;
        world.Log.ReportViolation(
            ManagerInvariants.Lossless, $"{Name} has group {missing[0]} of b{sent.Number}, which is lossless", Progress);
    }

    /// <summary>
    /// Checks that the numbers of read and of skipped groups add up to the number of all groups. Called when no data is in flight.
    /// </summary>
    public void CheckSkipped()
    {
        if (_begun.Count == 0 || _beginsWithOldest || Broadcast is not { IsLossless: false } sent || sent.Groups.Count == 0)
            return;
        var skipped = world.Options.TrackSkipped(Track);
        var last = Math.Max(sent.Groups.Keys.Max(), _begun.Max);
        var count = ReadOrSkipped(skipped);
        // Up to moq-lite-04, a subscription that began with a reader that accepts missing groups is not told of the last groups of a track
        // if they were aborted before they were sent.
        var lastKnown = session.Protocol is "moq-lite-03" or "moq-lite-04" ? Math.Max(_begun.Max, sent.Finished.Max) : last;
        if (count >= CountTo(lastKnown) && count <= CountTo(last))
            return;
        world.Log.ReportViolation(
            ManagerInvariants.SkipsAddUp,
            $"{Name} has read or skipped the {CountTo(last)} groups {First} to {last}",
            $"it has read {_begun.Count(group => group >= First)} and skipped {skipped}");
    }

    /// <summary>Marks the broadcast that is read as one whose lossless writer may be blocked by a slow reader.</summary>
    public void MarkHeldUp()
    {
        if ((Broadcast ?? Published?.Sent) is { } sent)
            sent.HasSlowReaders = true;
    }

    private SubscribeOptions StyleOf(int options)
    {
        if (!world.Options.IsMixed)
            return SubscribeOptions.Default;
        var style = ReadingStyle.Of(options);
        if (style.Order == GroupOrder.Newest || style.MaxLatency is not null)
        {
            _mayPassGroups = true;
            peer.ReadInPart.Add((publisher, path));
        }

        return style;
    }

    private void Count(GroupConsumer group)
    {
        if (HoldsUpWriter)
            MarkHeldUp();
        frames.BeginGroup(group.Sequence);
        _begun.Add(group.Sequence);
        var skipped = world.Options.TrackSkipped(Track);
        var sum = _skipped + world.Options.GroupSkipped(group);
        // A group that was reported as skipped but arrives later is subtracted from the next report.
        if (sum != Math.Max(_skipped, skipped))
        {
            var expected = $"{Name} has {Math.Max(_skipped, skipped)} skipped groups reported up to group {group.Sequence}";
            world.Log.ReportViolation(ManagerInvariants.SkipsAddUp, expected, $"it has {sum}");
        }

        _skipped = sum;
        _cursor = group.Cursor;
        // Groups that are in flight or wait to be read are neither read nor skipped.
        if (!_beginsWithOldest && frames.Broadcast is { } sent && ReadOrSkipped(skipped) is var count && count > LastOf(sent))
        {
            var expected = $"{Name} has read or skipped no more than the {LastOf(sent)} groups that there are from {First} on";
            world.Log.ReportViolation(ManagerInvariants.SkipsAddUp, expected, $"{count}, of which {skipped} skipped");
        }
    }

    private long ReadOrSkipped(long skipped) => _begun.GetViewBetween(First, ulong.MaxValue).Count + skipped;

    private long LastOf(SentFrames.SentBroadcast sent) => CountTo(Math.Max(_begun.Max, sent.Groups.Keys.Max()));

    private long CountTo(ulong last) => (long)(last - First) + 1;

    private async Task ReadFramesAsync(GroupConsumer group)
    {
        await foreach (var frame in group.ReadFramesAsync(cancellation.Token).ConfigureAwait(false))
        {
            frames.Receive(frame.Payload);
            if (Behavior == ReaderBehavior.LeavesGroups)
                return;
            if (Behavior == ReaderBehavior.SlowFrames)
                await world.Runtime.DelayAsync(TimeSpan.FromMilliseconds(15 * (1 + _degree)), cancellation.Token).ConfigureAwait(false);
        }

        _whole.Add(group.Sequence);
    }

    /// <summary>Waits without reading, for some time or, if the reader stops reading permanently, until it is canceled.</summary>
    private ValueTask WaitAsync()
    {
        var time = Behavior == ReaderBehavior.Stops ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(2 + (4 * _degree));
        return world.Runtime.DelayAsync(time, cancellation.Token);
    }
}
