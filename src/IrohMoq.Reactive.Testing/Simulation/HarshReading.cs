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

    public SimulatedPeer Peer => peer;

    public SimulatedPeer Other => other;

    public BroadcastPath Path => path;

    /// <summary>Tells it to leave.</summary>
    public CancellationTokenSource Leave => leave;

    public ReadingManner Manner { get; } = MannerOf(value);

    /// <summary>True if it holds up a lossless writer.</summary>
    public bool IsSick => Manner is not (ReadingManner.Healthy or ReadingManner.Breaks or ReadingManner.Leaves);

    /// <summary>True once it reads no more, for whatever reason.</summary>
    public bool IsOver { get; set; }

    /// <summary>True if it has left by itself.</summary>
    public bool HasLeft { get; set; }

    /// <summary>True if nothing but the library can be why it does not read on.</summary>
    public bool MustReadOn => Manner == ReadingManner.Healthy && !HasLeft && !peer.IsGone && !other.IsGone && !session.Closed.IsCompleted && !broadcast.Closed.IsCompleted;

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
        using (group)
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
            await world.Turns.DelayAsync(TimeSpan.FromMilliseconds(40 * (1 + _some)), leave.Token).ConfigureAwait(false);
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
        _told += (world.Told ?? MissedBefore)(group, _begun.Count == 0 ? null : _begun.Max);
        _begun.Add(group.Sequence);
        var from = _begun.Max - _begun.Min + 1;
        if ((ulong)(_begun.Count + _told) != from)
            world.Journal.Violated(Invariant.AddsUp, $"{Name} gets or is told of the {from} groups {_begun.Min} to {_begun.Max}", $"it got {_begun.Count}, and was told that it missed {_told}");
    }

    /// <summary>
    /// THE PLACE TO CHANGE when <c>GroupConsumer.Skipped</c> is there: return it instead (0 for the first group), and the invariant is about what the library tells. Until then it is what the numbers say: a group that comes after a
    /// newer one was counted as missed, and is not.
    /// </summary>
    public static long MissedBefore(GroupConsumer group, ulong? newest) => newest is not { } last ? 0 : group.Sequence > last ? (long)(group.Sequence - last) - 1 : -1;

    private async Task ReadFramesAsync(GroupConsumer group)
    {
        await foreach (var frame in group.ReadFramesAsync(leave.Token).ConfigureAwait(false))
        {
            frames.Receive(frame.Payload);
            if (Manner == ReadingManner.Breaks)
                return;
            if (Manner == ReadingManner.SlowForFrames)
                await world.Turns.DelayAsync(TimeSpan.FromMilliseconds(15 * (1 + _some)), leave.Token).ConfigureAwait(false);
        }

        _whole.Add(group.Sequence);
    }

    /// <summary>Takes nothing: for a while, or until it is told to leave.</summary>
    private ValueTask HoldAsync() =>
        world.Turns.DelayAsync(Manner == ReadingManner.Stops ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(2 + (4 * _some)), leave.Token);
}
