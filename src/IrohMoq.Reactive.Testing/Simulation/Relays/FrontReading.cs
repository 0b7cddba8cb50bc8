using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the reading of a track of a broadcast that was found by name over all sessions of a peer. Records what is read, and checks
/// the invariants.
/// </summary>
internal sealed class FrontReading(
    RelayScenario world,
    SwarmPeer peer,
    BroadcastPath name,
    BroadcastConsumer broadcast,
    FrameVerifier frames,
    CancellationTokenSource stop,
    int value)
{
    private static readonly ReaderBehavior[] Behaviors =
    [
        ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy,
        ReaderBehavior.Pauses, ReaderBehavior.SlowGroups, ReaderBehavior.Leaves,
    ];

    private readonly SortedSet<ulong> _begun = [];
    private readonly SortedSet<ulong> _whole = [];
    // What other readings of the peer have received before this one began is not sent again for it (ADR 24).
    private readonly (FrontReading Reading, ulong[] Groups)[] _before =
        [.. world.Readings.Where(one => one.Peer == peer && one.Name == name).Select(static one => (one, one._begun.ToArray()))];

    private readonly int _degree = value / 24 % 5;
    private readonly bool _isLossless = Swarm.IsLossless(name);
    // If it is not known where the broadcast begins, no other way is known to lead to the same content.
    private bool _moves = broadcast.Route.HasOriginOf(broadcast.Route);
    private TrackCursor? _cursor;
    private TimeSpan _lastArrival = world.Now;

    public SwarmPeer Peer => peer;

    public BroadcastPath Name => name;

    public CancellationTokenSource Stop => stop;

    /// <summary>Gets the track consumer. Each reading has its own, which counts the groups that the reading has skipped.</summary>
    public TrackConsumer Track { get; } = broadcast.Track(SimulatedBroadcast.TrackName);

    /// <summary>Gets or sets a value that indicates whether the reading has ended, for any reason.</summary>
    public bool IsOver { get; set; }

    /// <summary>Gets the broadcast that is read, or null until the first frame has arrived.</summary>
    public SimulatedBroadcast? Broadcast => world.Broadcasts.FirstOrDefault(one => one.Sent == frames.Broadcast);

    public ReaderBehavior Behavior { get; } = Swarm.IsLossless(name) ? ReaderBehavior.Healthy : BehaviorOf(value);

    private string Title => $"{peer.Name}'s {Behavior} reading of {name}";

    private string Progress
    {
        get
        {
            var groups = _begun.Count == 0 ? "" : $" of {_begun.Min} to {_begun.Max}";
            return $"{(IsOver ? "it is over" : "it waits")}, with {_whole.Count} whole groups{groups}";
        }
    }

    /// <summary>Returns the behavior of a reading of a live track that is started by a step with the specified value.</summary>
    public static ReaderBehavior BehaviorOf(int value) => Behaviors[value / 3 % Behaviors.Length];

    /// <summary>Reads the groups of the track, in the order that belongs to the reading.</summary>
    public async IAsyncEnumerable<GroupConsumer> ReadGroupsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var style = ReadingStyle.Of(value);
        if (_isLossless)
            style = style with { Order = style.Order == GroupOrder.Newest ? GroupOrder.Sequence : style.Order, MaxLatency = null };
        using var reader = Track.Open(style);
        while (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is { } group)
            yield return group;
    }

    /// <summary>Reads until the track ends, the reading leaves, or it fails.</summary>
    public async Task<string> RunAsync()
    {
        _ = WatchAsync();
        try
        {
            await foreach (var group in world.Options.Groups(this, stop.Token).ConfigureAwait(false))
            {
                using (group)
                    await ReadAsync(group).ConfigureAwait(false);
                if (Behavior == ReaderBehavior.Leaves && _begun.Count > 3 * _degree)
                    return "left";
                await WaitAsync().ConfigureAwait(false);
            }
        }
        catch (MoqException failure) when (!stop.IsCancellationRequested)
        {
            CheckStopped($"{failure.GetType().Name}: {failure.Message}");
            throw;
        }

        CheckEnd();
        return "to its end";
    }

    /// <summary>Checks that something arrives while there is a way. Called after every step.</summary>
    public void CheckSilence()
    {
        if (IsOver || Behavior != ReaderBehavior.Healthy || _isLossless || WayTo(Broadcast) is not var (read, since))
            return;
        var from = since > _lastArrival ? since : _lastArrival;
        if (world.Now - from <= world.Options.MaxSilence)
            return;
        var expected = $"{Title} receives something of b{read.Sent.Number}, to which there is a way since {since:c}";
        world.Log.ReportViolation(RelayInvariants.GoesOn, expected, $"nothing since {_lastArrival:c}; {Progress}");
    }

    /// <summary>
    /// Checks that the last group of the broadcast was read, if there is a way. Called when the simulation has settled and a last group was
    /// written to every broadcast.
    /// </summary>
    public void CheckSettled()
    {
        if (IsOver || WayTo(Broadcast) is not var (read, since) || read.Sent.Finished.Count == 0)
            return;
        var last = read.Sent.Finished.Max;
        if (!_whole.Contains(last))
        {
            var expected = $"{Title} has read group {last} of b{read.Sent.Number}, to which there is a way since {since:c}";
            world.Log.ReportViolation(RelayInvariants.GoesOn, expected, Progress);
        }

        CheckComplete(read.Sent, isAtEnd: false);
    }

    private async Task ReadAsync(GroupConsumer group)
    {
        frames.BeginGroup(group.Sequence);
        _begun.Add(group.Sequence);
        _cursor = group.Cursor;
        _lastArrival = world.Now;
        try
        {
            await foreach (var frame in group.ReadFramesAsync(stop.Token).ConfigureAwait(false))
            {
                frames.Receive(frame.Payload);
                _lastArrival = world.Now;
            }

            _whole.Add(group.Sequence);
            CheckWhole(group.Sequence);
        }
        catch (MoqStreamException)
        {
            // An aborted or dropped group ends early. The reading continues with the next group, or fails with it.
        }
    }

    private ValueTask WaitAsync() => Behavior switch
    {
        ReaderBehavior.Pauses when _begun.Count == 2 + _degree =>
            world.Runtime.DelayAsync(TimeSpan.FromSeconds(2 + (4 * _degree)), stop.Token),
        ReaderBehavior.SlowGroups => world.Runtime.DelayAsync(TimeSpan.FromMilliseconds(100 * (1 + _degree)), stop.Token),
        _ => default,
    };

    /// <summary>Checks that a group that ends normally has all the frames that were written.</summary>
    private void CheckWhole(ulong group)
    {
        if (frames.Broadcast is not { } sent || (sent.Finished.Contains(group) && sent.Groups[group].Count == frames.Received))
            return;
        var written = sent.Finished.Contains(group) ? $"{sent.Groups[group].Count} frames" : "no end yet";
        world.Log.ReportViolation(
            RelayInvariants.EndsAreSaid, $"{Title} reads group {group} of b{sent.Number} to its end, which has {written}",
            $"it ends after {frames.Received} frames");
    }

    /// <summary>Checks that there is no way when the broadcast ends. What is read of it then moves no more.</summary>
    private async Task WatchAsync()
    {
        var end = await broadcast.Closed.ConfigureAwait(false);
        if (!IsOver && !stop.IsCancellationRequested)
            CheckStopped($"the broadcast has ended: {end.Cause}");
        _moves = false;
    }

    /// <summary>Checks that a reading of a live track that cannot go on had no way.</summary>
    private void CheckStopped(string how)
    {
        if (_isLossless || WayTo(Broadcast) is not var (read, since) || world.Now - since <= world.Options.Stable)
            return;
        var expected = $"{Title} goes on, because there is a way to b{read.Sent.Number} since {since:c}";
        world.Log.ReportViolation(RelayInvariants.GoesOn, expected, how);
    }

    /// <summary>Returns the broadcast that is read, and the time since which there is a way to it; null if there is none.</summary>
    private (SimulatedBroadcast Read, TimeSpan Since)? WayTo(SimulatedBroadcast? read) =>
        _moves && read is { IsOver: false } && world.Ways.Since(peer, read) is { } since ? (read, since) : null;

    /// <summary>Checks that a reading that ends normally has reached the end of a track that its publisher has finished.</summary>
    private void CheckEnd()
    {
        if (Broadcast is not { } read)
            return;
        if (!read.IsFinished)
        {
            var expected = $"{Title} fails, or b{read.Sent.Number} is finished";
            world.Log.ReportViolation(RelayInvariants.EndsAreSaid, expected, "it ends normally");
        }

        CheckComplete(read.Sent, isAtEnd: true);
    }

    /// <summary>
    /// Checks that a reading has every group of a lossless track, and of a live one each that was not reported as skipped. Called when no
    /// data is in flight.
    /// </summary>
    private void CheckComplete(SentFrames.SentBroadcast sent, bool isAtEnd)
    {
        if (_isLossless)
        {
            // Up to moq-lite-04 a peer does not say with which group it begins, so that a reading that has moved to it counts what is
            // missing, and fails at the end of the track.
            var before = _before.Where(one => one.Reading.Broadcast == Broadcast).SelectMany(static one => one.Groups).ToHashSet();
            var missing = sent.Finished.Where(group => group >= _begun.Min && !_whole.Contains(group) && !before.Contains(group))
                .ToArray();
            if (missing.Length > (isAtEnd ? 0 : world.Options.Skipped(Track)))
            {
                world.Log.ReportViolation(
                    ManagerInvariants.Lossless, $"{Title} has group {missing[0]} of b{sent.Number}, which is lossless, or fails", Progress);
            }

            return;
        }

        var from = First;
        var all = (long)(Math.Max(sent.Groups.Keys.Max(), _begun.Max) - from) + 1;
        var skipped = world.Options.Skipped(Track);
        var count = _begun.GetViewBetween(from, ulong.MaxValue).Count + skipped;
        if (count > all)
        {
            var expected = $"{Title} has read or skipped no more than the {all} groups of b{sent.Number} from {from} on";
            world.Log.ReportViolation(ManagerInvariants.SkipsAddUp, expected, $"{count}, of which {skipped} skipped");
        }
    }

    /// <summary>Gets the sequence number of the first requested group. Groups before it may arrive, and are not counted.</summary>
    private ulong First
    {
        get
        {
            lock (_cursor!.Track.Gate)
                return _cursor.From ?? _cursor.Track.Sequences.Lowest ?? 0;
        }
    }
}
