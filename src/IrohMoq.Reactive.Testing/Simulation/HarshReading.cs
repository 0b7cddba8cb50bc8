using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>One reader of one track in a harsh world: how it reads, what it has got, and what must hold for it.</summary>
internal sealed class HarshReading(World world, SimulatedPeer peer, SimulatedPeer other, BroadcastPath path, MoqSession session, BroadcastConsumer broadcast, FrameReading frames, CancellationTokenSource leave, int value)
{
    private static readonly ReadingManner[] Manners =
    [
        ReadingManner.Healthy, ReadingManner.Healthy, ReadingManner.Healthy, ReadingManner.Healthy,
        ReadingManner.Stops, ReadingManner.Stops, ReadingManner.Pauses, ReadingManner.Pauses,
        ReadingManner.SlowForGroups, ReadingManner.SlowForFrames, ReadingManner.Breaks, ReadingManner.Leaves,
    ];

    private readonly SortedSet<ulong> _begun = [];
    private readonly SortedSet<ulong> _whole = [];
    private readonly int _some = value / 36 % 5;
    private long _told;
    private TrackCursor? _cursor;

    /// <summary>What it reads. No other reading reads by the same object, which counts what its readers have missed.</summary>
    public TrackConsumer Track { get; } = broadcast.Track(LiveBroadcast.TrackName);

    public SimulatedPeer Peer => peer;

    public SimulatedPeer Other => other;

    public BroadcastPath Path => path;

    /// <summary>Tells it to leave.</summary>
    public CancellationTokenSource Leave => leave;

    public ReadingManner Manner { get; } = MannerOf(value);

    /// <summary>True if it holds up a lossless writer.</summary>
    public bool IsSick => Manner is not (ReadingManner.Healthy or ReadingManner.Pauses or ReadingManner.Breaks or ReadingManner.Leaves);

    /// <summary>True once it reads no more, for whatever reason.</summary>
    public bool IsOver { get; set; }

    /// <summary>True if it has left by itself.</summary>
    public bool HasLeft { get; set; }

    /// <summary>True if nothing but the library can be why it does not read on.</summary>
    public bool MustReadOn => Manner is ReadingManner.Healthy or ReadingManner.Pauses && !HasLeft && !peer.IsGone && !other.IsGone && !session.Closed.IsCompleted && !broadcast.Closed.IsCompleted;

    /// <summary>True if nobody but the library can be why it still waits.</summary>
    public bool MustBeOver => Manner == ReadingManner.Healthy && session.Closed.IsCompleted;

    public FrameLedger.SentBroadcast? Broadcast => frames.Broadcast;

    public string Name => $"{peer.Name}'s {Manner} reading of {path} of {other.Name}";

    /// <summary>True if it has read this group to its end.</summary>
    public bool HasRead(ulong group) => _whole.Contains(group);

    /// <summary>How far it is, in a few words.</summary>
    public string Text => $"{(IsOver ? "it is over" : "it waits")}, with {_whole.Count} whole groups{(_begun.Count == 0 ? "" : $" of {_begun.Min} to {_begun.Max}")}";

    /// <summary>How whoever begins with this value reads.</summary>
    public static ReadingManner MannerOf(int value) => Manners[value / 3 % Manners.Length];

    /// <summary>Reads a group, or a part of it.</summary>
    /// <returns>False if the reader leaves.</returns>
    public async Task<bool> TakeAsync(GroupConsumer group)
    {
        // Who breaks out of a group need not give it back.
        using (Manner == ReadingManner.Breaks ? null : group)
        {
            Count(group);
            if (Manner == ReadingManner.Leaves && _begun.Count > _some)
            {
                HasLeft = true;
                return false;
            }

            if (Manner is ReadingManner.Stops or ReadingManner.Pauses && _begun.Count == _some + 1)
                await HoldAsync().ConfigureAwait(false);
            try
            {
                await ReadFramesAsync(group).ConfigureAwait(false);
            }
            catch (MoqStreamException)
            {
                // A group that is given up, or dropped, ends early; the track goes on.
            }
        }

        if (Manner == ReadingManner.SlowForGroups)
            await world.Runtime.DelayAsync(TimeSpan.FromMilliseconds(40 * (1 + _some)), leave.Token).ConfigureAwait(false);
        return true;
    }

    /// <summary>A lossless reading has every finished group from its first one on, and has them whole. Of a track that goes on: as far as the writer is.</summary>
    public void CheckExact()
    {
        if (Manner != ReadingManner.Healthy || Broadcast is not { IsLossless: true, HasSickReaders: false } sent || _begun.Count == 0)
            return;
        foreach (var group in sent.Finished.Where(group => group >= _begun.Min && !_whole.Contains(group)))
        {
            world.Journal.Violated(Invariant.Exact, $"{Name} has group {group} of b{sent.Number}, which is lossless", Text);
            return;
        }
    }

    /// <summary>Notes on what it reads that a lossless writer of it may be held up.</summary>
    public void MarkSick()
    {
        if ((Broadcast ?? World.LiveOf(this)?.Sent) is { } sent)
            sent.HasSickReaders = true;
    }

    private void Count(GroupConsumer group)
    {
        if (IsSick)
            MarkSick();
        frames.BeginGroup(group.Sequence);
        _begun.Add(group.Sequence);
        var skipped = (world.Skipped ?? (static track => track.Skipped))(Track);
        var told = _told + (world.Told ?? (static group => group.Skipped))(group);
        // A group that was told as missed and came all the same is left out of what is told next.
        if (told != Math.Max(_told, skipped))
            world.Journal.Violated(Invariant.AddsUp, $"{Name} is told with its groups of all that it has missed, {Math.Max(_told, skipped)} by group {group.Sequence}", $"it was told of {told}");
        _told = told;
        _cursor = group.Cursor;
        // What is under way, or waits to be taken, is neither read nor missed.
        if (frames.Broadcast is { } sent && Accounted(skipped) is var accounted && accounted > LastOf(sent))
            world.Journal.Violated(Invariant.AddsUp, $"{Name} gets and has missed no more than the {LastOf(sent)} groups that there are from {First} on", $"{accounted}, of which {skipped} missed");
    }

    /// <summary>When all has come that will come: what was read and what was missed is all that there is, from the first group on that the reading asks for.</summary>
    public void CheckThatAllIsTold()
    {
        if (_begun.Count == 0 || Broadcast is not { } sent || sent.Groups.Count == 0)
            return;
        var skipped = (world.Skipped ?? (static track => track.Skipped))(Track);
        var last = Math.Max(sent.Groups.Keys.Max(), _begun.Max);
        if (!sent.IsLossless && Accounted(skipped) != CountTo(last))
            world.Journal.Violated(Invariant.AddsUp, $"{Name} gets or has missed the {CountTo(last)} groups {First} to {last}", $"it got {_begun.Count(group => group >= First)}, and has missed {skipped}");
    }

    /// <summary>Where its account begins: a group below that comes all the same is one more than was asked for.</summary>
    private ulong First
    {
        get
        {
            lock (_cursor!.Track.Gate)
                return _cursor.From ?? _cursor.Track.Sequences.Lowest ?? 0;
        }
    }

    private long Accounted(long skipped) => _begun.GetViewBetween(First, ulong.MaxValue).Count + skipped;

    private long LastOf(FrameLedger.SentBroadcast sent) => CountTo(Math.Max(_begun.Max, sent.Groups.Keys.Max()));

    private long CountTo(ulong last) => (long)(last - First) + 1;

    private async Task ReadFramesAsync(GroupConsumer group)
    {
        await foreach (var frame in group.ReadFramesAsync(leave.Token).ConfigureAwait(false))
        {
            frames.Receive(frame.Payload);
            if (Manner == ReadingManner.Breaks)
                return;
            if (Manner == ReadingManner.SlowForFrames)
                await world.Runtime.DelayAsync(TimeSpan.FromMilliseconds(15 * (1 + _some)), leave.Token).ConfigureAwait(false);
        }

        _whole.Add(group.Sequence);
    }

    /// <summary>Takes nothing: for a while, or until it is told to leave.</summary>
    private ValueTask HoldAsync() =>
        world.Runtime.DelayAsync(Manner == ReadingManner.Stops ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(2 + (4 * _some)), leave.Token);
}
