using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>One reader of one track in a harsh world: how it reads, what it has read, and what must hold of it.</summary>
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
    private TrackCursor? _cursor;

    /// <summary>Gets the track. It counts what its readers have skipped, so each reader has one of its own.</summary>
    public TrackConsumer Track { get; } = broadcast.Track(SimulatedBroadcast.TrackName);

    public SimulatedPeer Peer => peer;

    public SimulatedPeer Publisher => publisher;

    /// <summary>Gets the broadcast that the publisher has published under the name now; null if there is none.</summary>
    public SimulatedBroadcast? Published => publisher.Published.GetValueOrDefault(path);

    public CancellationTokenSource Cancellation => cancellation;

    public ReaderBehavior Behavior { get; } = BehaviorOf(value);

    /// <summary>Gets whether it holds up a lossless writer.</summary>
    public bool HoldsUpWriter => Behavior is ReaderBehavior.Stops or ReaderBehavior.SlowGroups or ReaderBehavior.SlowFrames;

    /// <summary>Gets or sets whether it reads no more, for whatever reason.</summary>
    public bool IsOver { get; set; }

    /// <summary>Gets or sets whether it has ended the reading by itself.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Gets whether only a fault of the library can be why it does not make progress.</summary>
    public bool MustMakeProgress =>
        Behavior is ReaderBehavior.Healthy or ReaderBehavior.Pauses && !HasLeft && !peer.IsGone && !publisher.IsGone &&
        !session.Closed.IsCompleted && !broadcast.Closed.IsCompleted;

    /// <summary>Gets whether only a fault of the library can be why it still waits.</summary>
    public bool MustBeOver => Behavior == ReaderBehavior.Healthy && session.Closed.IsCompleted;

    /// <summary>Gets the broadcast that is read, once a frame has arrived.</summary>
    public SentFrames.SentBroadcast? Broadcast => frames.Broadcast;

    public string Name => $"{peer.Name}'s {Behavior} reader of {path} of {publisher.Name}";

    /// <summary>Gets how far it is.</summary>
    public string Progress
    {
        get
        {
            var groups = _begun.Count == 0 ? "" : $" of {_begun.Min} to {_begun.Max}";
            return $"{(IsOver ? "it is over" : "it waits")}, with {_whole.Count} whole groups{groups}";
        }
    }

    /// <summary>Gets the first requested group. A group with a lower number may also arrive; it was not requested.</summary>
    private ulong First
    {
        get
        {
            lock (_cursor!.Track.Gate)
                return _cursor.From ?? _cursor.Track.Sequences.Lowest ?? 0;
        }
    }

    /// <summary>Returns how a reader with this value reads.</summary>
    public static ReaderBehavior BehaviorOf(int value) => Behaviors[value / 3 % Behaviors.Length];

    /// <summary>Returns whether it has read this group to its end.</summary>
    public bool HasRead(ulong group) => _whole.Contains(group);

    /// <summary>Reads a group, or a part of it.</summary>
    /// <returns>False if the reader leaves.</returns>
    public async Task<bool> ReadAsync(GroupConsumer group)
    {
        // A reader that leaves a group need not dispose it.
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
                // A group that is aborted or dropped ends early; the track goes on.
            }
        }

        if (Behavior == ReaderBehavior.SlowGroups)
            await world.Runtime.DelayAsync(TimeSpan.FromMilliseconds(40 * (1 + _degree)), cancellation.Token).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Checks that a lossless reader has every finished group from its first one on, whole. Of a track that goes on: as far as the writer
    /// is.
    /// </summary>
    public void CheckLossless()
    {
        if (Behavior != ReaderBehavior.Healthy || Broadcast is not { IsLossless: true, HasSlowReaders: false } sent || _begun.Count == 0)
            return;
        foreach (var group in sent.Finished.Where(group => group >= _begun.Min && !_whole.Contains(group)))
        {
            world.Log.ReportViolation(
                ManagerInvariants.Lossless, $"{Name} has group {group} of b{sent.Number}, which is lossless", Progress);
            return;
        }
    }

    /// <summary>Checks that what was read and what was skipped is all that there is, once nothing is in flight any more.</summary>
    public void CheckSkipped()
    {
        if (_begun.Count == 0 || Broadcast is not { IsLossless: false } sent || sent.Groups.Count == 0)
            return;
        var skipped = world.Options.TrackSkipped(Track);
        var last = Math.Max(sent.Groups.Keys.Max(), _begun.Max);
        if (ReadOrSkipped(skipped) == CountTo(last))
            return;
        world.Log.ReportViolation(
            ManagerInvariants.SkipsAddUp,
            $"{Name} has read or skipped the {CountTo(last)} groups {First} to {last}",
            $"it has read {_begun.Count(group => group >= First)} and skipped {skipped}");
    }

    /// <summary>Notes that a lossless writer of what it reads may be held up.</summary>
    public void MarkHeldUp()
    {
        if ((Broadcast ?? Published?.Sent) is { } sent)
            sent.HasSlowReaders = true;
    }

    private void Count(GroupConsumer group)
    {
        if (HoldsUpWriter)
            MarkHeldUp();
        frames.BeginGroup(group.Sequence);
        _begun.Add(group.Sequence);
        var skipped = world.Options.TrackSkipped(Track);
        var sum = _skipped + world.Options.GroupSkipped(group);
        // A group that was reported as skipped and arrives all the same is left out of the next report.
        if (sum != Math.Max(_skipped, skipped))
        {
            var expected = $"{Name} has {Math.Max(_skipped, skipped)} skipped groups reported up to group {group.Sequence}";
            world.Log.ReportViolation(ManagerInvariants.SkipsAddUp, expected, $"it has {sum}");
        }

        _skipped = sum;
        _cursor = group.Cursor;
        // What is in flight, or waits to be read, is neither read nor skipped.
        if (frames.Broadcast is { } sent && ReadOrSkipped(skipped) is var count && count > LastOf(sent))
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

    /// <summary>Reads nothing, for a while or until it is canceled.</summary>
    private ValueTask WaitAsync()
    {
        var time = Behavior == ReaderBehavior.Stops ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(2 + (4 * _degree));
        return world.Runtime.DelayAsync(time, cancellation.Token);
    }
}
