using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the reading of a track of a broadcast that was found by name over all sessions of a peer. Records what is read, and checks
/// the invariants.
/// </summary>
internal sealed class FrontReading
{
    private static readonly ReaderBehavior[] Behaviors =
    [
        ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy, ReaderBehavior.Healthy,
        ReaderBehavior.Pauses, ReaderBehavior.SlowGroups, ReaderBehavior.Leaves,
    ];

    private readonly RelayScenario _world;
    private readonly BroadcastConsumer _broadcast;
    private readonly FrameVerifier _frames;
    private readonly CancellationTokenSource _stop;
    private readonly int _degree;
    private readonly bool _isLossless;
    // If it is not known where the broadcast begins, no other way is known to lead to the same content.
    private bool _moves;
    private TimeSpan _lastArrival;

    public FrontReading(
        RelayScenario world, SwarmPeer peer, BroadcastPath name, BroadcastConsumer broadcast, CancellationTokenSource stop, int value,
        int style)
    {
        (_world, _broadcast, _stop) = (world, broadcast, stop);
        (Peer, Name) = (peer, name);
        _degree = value / 24 % 5;
        _isLossless = Swarm.IsLossless(name);
        _moves = broadcast.Route.HasOriginOf(broadcast.Route);
        _lastArrival = world.Now;
        _frames = world.Sent.Verify(peer.Name, null, name);
        Track = broadcast.Track(SimulatedBroadcast.TrackName);
        Behavior = _isLossless ? ReaderBehavior.Healthy : BehaviorOf(value);
        Terms = ReadingTerms.Of(name, value, style, world.NextGroupOf(name));
        Record = new ReadingRecord(world, this, _frames);
    }

    public SwarmPeer Peer { get; }

    public BroadcastPath Name { get; }

    public CancellationTokenSource Stop => _stop;

    /// <summary>Gets the track consumer. Each reading has its own, which counts the groups that the reading has skipped.</summary>
    public TrackConsumer Track { get; }

    /// <summary>Gets what the reading requests.</summary>
    public ReadingTerms Terms { get; }

    /// <summary>Gets what the reading has received.</summary>
    public ReadingRecord Record { get; }

    /// <summary>Gets or sets a value that indicates whether the reading has ended, for any reason.</summary>
    public bool IsOver { get; set; }

    /// <summary>Gets the broadcast that is read, or null until the first frame has arrived.</summary>
    public SimulatedBroadcast? Broadcast => _world.Broadcasts.FirstOrDefault(one => one.Sent == _frames.Broadcast);

    public ReaderBehavior Behavior { get; }

    /// <summary>Gets the name of the reading in reports.</summary>
    public string Title => $"{Peer.Name}'s {Behavior} reading of {Name}";

    /// <summary>Gets a description of the progress of the reading, for reports.</summary>
    public string Progress => $"{(IsOver ? "it is over" : "it waits")}, with {Record.Text}";

    /// <summary>Returns the behavior of a reading of a live track that is started by a step with the specified value.</summary>
    public static ReaderBehavior BehaviorOf(int value) => Behaviors[value / 3 % Behaviors.Length];

    /// <summary>Reads the groups of the track as the terms of the reading state.</summary>
    public IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(CancellationToken cancellationToken) =>
        ReadGroupsAsync(Terms.Options, cancellationToken);

    /// <summary>Reads the groups of the track with other options than the reading has.</summary>
    public async IAsyncEnumerable<GroupConsumer> ReadGroupsAsync(
        SubscribeOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = Track.Open(options);
        while (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is { } group)
            yield return group;
    }

    /// <summary>Reads until the track ends, the reading leaves, or it fails.</summary>
    public async Task<string> RunAsync()
    {
        _ = WatchAsync();
        try
        {
            await foreach (var group in _world.Options.Groups(this, _stop.Token).ConfigureAwait(false))
            {
                using (group)
                    await ReadAsync(group).ConfigureAwait(false);
                if (Behavior == ReaderBehavior.Leaves && Record.Count > 3 * _degree)
                    return "left";
                await WaitAsync().ConfigureAwait(false);
            }
        }
        catch (MoqStreamException missed)
            when (Terms.MustMissNothing && !_isLossless && missed.Code == MoqErrorCode.Evicted && !missed.IsRemote)
        {
            // A reading of a lossless track may also fail because its last way has lost groups.
            Record.CheckMissed();
            throw;
        }
        catch (MoqException failure) when (!_stop.IsCancellationRequested)
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
        if (IsOver || Behavior != ReaderBehavior.Healthy || _isLossless || WayTo(Broadcast) is not var (read, since) || HasAll(read))
            return;
        var from = since > _lastArrival ? since : _lastArrival;
        if (_world.Now - from <= _world.Options.MaxSilence)
            return;
        var expected = $"{Title} receives something of b{read.Sent.Number}, to which there is a way since {since:c}";
        _world.Log.ReportViolation(RelayInvariants.GoesOn, expected, $"nothing since {_lastArrival:c}; {Progress}");
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
        if (HasAll(read))
        {
            if (!Record.KnowsAll || Record.MayWaitForDatagram(read.Sent))
                return;
            var expected = $"{Title} has ended, because groups after {Terms.Options.End} of b{read.Sent.Number} were written";
            _world.Log.ReportViolation(RelayInvariants.WithinBounds, expected, Progress);
        }
        else if (!Record.HasWhole(last) && last != Terms.Options.Start.Sequence && !Record.MayBeCutShort(last))
        {
            var expected = $"{Title} has read group {last} of b{read.Sent.Number}, to which there is a way since {since:c}";
            _world.Log.ReportViolation(RelayInvariants.GoesOn, expected, Progress);
        }

        Record.CheckComplete(read, isAtEnd: false);
    }

    /// <summary>Determines whether all groups that the reading needs were written.</summary>
    private bool HasAll(SimulatedBroadcast read) => Terms.Options.End <= read.Sent.Finished.Max;

    private async Task ReadAsync(GroupConsumer group)
    {
        Record.Begin(group);
        _lastArrival = _world.Now;
        try
        {
            if (Terms.IsInPieces)
                await ReadPiecesAsync(group).ConfigureAwait(false);
            else
                await ReadFramesAsync(group).ConfigureAwait(false);
            Record.End(group.Sequence);
        }
        catch (MoqStreamException)
        {
            // An aborted or dropped group ends early. The reading continues with the next group, or fails with it.
        }
    }

    private async Task ReadFramesAsync(GroupConsumer group)
    {
        await foreach (var frame in group.ReadFramesAsync(_stop.Token).ConfigureAwait(false))
        {
            Record.Receive(group.Sequence, frame.Payload);
            _lastArrival = _world.Now;
        }
    }

    private async Task ReadPiecesAsync(GroupConsumer group)
    {
        await foreach (var piece in _world.Options.Pieces(group, _stop.Token).ConfigureAwait(false))
        {
            Record.Receive(group.Sequence, piece);
            _lastArrival = _world.Now;
        }
    }

    private ValueTask WaitAsync() => Behavior switch
    {
        ReaderBehavior.Pauses when Record.Count == 2 + _degree =>
            _world.Runtime.DelayAsync(TimeSpan.FromSeconds(2 + (4 * _degree)), _stop.Token),
        ReaderBehavior.SlowGroups => _world.Runtime.DelayAsync(TimeSpan.FromMilliseconds(100 * (1 + _degree)), _stop.Token),
        _ => default,
    };

    /// <summary>Checks that there is no way when the broadcast ends. What is read of it then moves no more.</summary>
    private async Task WatchAsync()
    {
        var end = await _broadcast.Closed.ConfigureAwait(false);
        if (!IsOver && !_stop.IsCancellationRequested)
            CheckStopped($"the broadcast has ended: {end.Cause}");
        _moves = false;
    }

    /// <summary>Checks that a reading of a live track that cannot go on had no way.</summary>
    private void CheckStopped(string how)
    {
        if (_isLossless || WayTo(Broadcast) is not var (read, since) || _world.Now - since <= _world.Options.Stable)
            return;
        var expected = $"{Title} goes on, because there is a way to b{read.Sent.Number} since {since:c}";
        _world.Log.ReportViolation(RelayInvariants.GoesOn, expected, how);
    }

    /// <summary>Returns the broadcast that is read, and the time since which there is a way to it; null if there is none.</summary>
    private (SimulatedBroadcast Read, TimeSpan Since)? WayTo(SimulatedBroadcast? read) =>
        _moves && read is { IsOver: false } && _world.Ways.Since(Peer, read, _broadcast.Route) is { } since ? (read, since) : null;

    /// <summary>
    /// Checks that a reading that ends normally has reached the end of a track that its publisher has finished, or its own last group.
    /// </summary>
    private void CheckEnd()
    {
        if (Broadcast is not { } read)
            return;
        if (!read.IsFinished && !(Terms.Options.End < read.Track.State.Sequences.Next))
        {
            var end = Terms.Options.End is { } last ? $", or group {last} has begun" : "";
            var expected = $"{Title} fails, or b{read.Sent.Number} is finished{end}";
            _world.Log.ReportViolation(RelayInvariants.EndsAreSaid, expected, "it ends normally");
        }

        Record.CheckComplete(read, isAtEnd: true);
    }
}
