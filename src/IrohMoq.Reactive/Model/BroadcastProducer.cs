using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// A set of tracks that is published under a name. It gets its name where it is published. Every member may be used from any thread. A
/// broadcast that is disposed before it is finished ends with <see cref="MoqErrorCode.Dropped"/>.
/// </summary>
public sealed class BroadcastProducer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SortedList<string, TrackProducer> _tracks = new(StringComparer.Ordinal);
    private readonly Runtime _runtime;
    private readonly BlockPool _pool;
    private readonly LinkedList<Action> _onEnd = [];
    // Created on demand: a peer may announce thousands of broadcasts whose ends are not waited for.
    private Completion<BroadcastEnd>? _closed;
    private Task<BroadcastEnd>? _over;
    private BroadcastEnd? _end;

    /// <summary>Creates a broadcast on the system's clock and the shared memory pool.</summary>
    public BroadcastProducer()
        : this(ThreadPoolRuntime.Instance)
    {
    }

    /// <summary>Creates a broadcast on another clock, for example that of a swarm in virtual time.</summary>
    /// <param name="runtime">The clock of its tracks, on which their readers and writers wait.</param>
    /// <param name="pool">The memory of its frames, or null for the shared pool.</param>
    public BroadcastProducer(Runtime runtime, BlockPool? pool = null)
    {
        _runtime = runtime;
        _pool = pool ?? BlockPool.Shared;
        ReaderCount = new ReaderCount(runtime);
    }

    /// <summary>Gets a task that completes when the broadcast is over, with how it ended. It never faults.</summary>
    public Task<BroadcastEnd> Closed
    {
        get
        {
            lock (_gate)
            {
                // There may be very many broadcasts, and few whose end is waited for.
                if (_closed is null && _end is { } end)
                    return _over ??= Task.FromResult(end);
                _closed ??= new Completion<BroadcastEnd>(_runtime);
                return _closed.Task;
            }
        }
    }

    /// <summary>Returns a task that completes when the broadcast is over, one for each caller.</summary>
    internal Task<BroadcastEnd> WhenClosedAsync()
    {
        lock (_gate)
        {
            if (_end is { } end)
                return Task.FromResult(end);
            _closed ??= new Completion<BroadcastEnd>(_runtime);
            return _closed.WaitAsync();
        }
    }

    internal Runtime Runtime => _runtime;

    /// <summary>Gets the number of readers of all its tracks as a stream of changes.</summary>
    internal ReaderCount ReaderCount { get; }

    /// <summary>
    /// Gets or sets the callback that supplies a track which does not exist when it is read. It is called without a lock. It is set before
    /// the broadcast is published, because a reader of a missing track is refused otherwise.
    /// </summary>
    internal Action<TrackProducer>? TrackRequested { get; set; }

    /// <summary>Gets the options of tracks that are created on request.</summary>
    internal TrackOptions RequestedTrackOptions { get; init; } = TrackOptions.Default;

    /// <summary>Creates a track. The name of a track that is over can be used again.</summary>
    /// <param name="name">The name of the track: any text, which is not normalized.</param>
    /// <param name="options">The options of the track, or null for the defaults.</param>
    /// <exception cref="MoqException">
    /// A live track has that name (<see cref="MoqErrorCode.Duplicate"/>), or the broadcast is over (<see cref="MoqErrorCode.Closed"/>).
    /// </exception>
    public TrackProducer CreateTrack(string name, TrackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            if (_end is not null)
                throw new MoqException(MoqErrorCode.Closed, "The broadcast is over: no track can be begun.");
            if (_tracks.TryGetValue(name, out var old) && !old.IsOver)
            {
                throw new MoqException(
                    MoqErrorCode.Duplicate, $"The broadcast has a live track '{name}' already. Finish or abort it first.");
            }

            return _tracks[name] = new TrackProducer(name, options ?? TrackOptions.Default, _runtime, _pool, ReaderCount);
        }
    }

    /// <summary>Returns a reader's view of the broadcast.</summary>
    public BroadcastConsumer Consume() => new(this);

    /// <summary>
    /// Ends the broadcast: no track can be created any more. Its tracks go on to their own ends. A second call has no effect.
    /// </summary>
    public void Finish() => End(new BroadcastEnd(BroadcastEndCause.Finished, MoqErrorCode.Cancel));

    /// <summary>Aborts the broadcast and all of its tracks.</summary>
    /// <param name="code">The code that readers get.</param>
    public void Abort(MoqErrorCode code)
    {
        TrackProducer[] tracks;
        lock (_gate)
            tracks = [.. _tracks.Values];
        foreach (var track in tracks)
            track.Abort(code);
        End(new BroadcastEnd(BroadcastEndCause.Aborted, code));
    }

    /// <summary>Ends the broadcast with <see cref="MoqErrorCode.Dropped"/> unless it is over. Its tracks go on to their own ends.</summary>
    public void Dispose() => End(new BroadcastEnd(BroadcastEndCause.Aborted, MoqErrorCode.Dropped));

    /// <summary>Adds a reader of a track, which may be created on request.</summary>
    internal TrackCursor OpenCursor(string name, SubscribeOptions options, ReadOnlyMemory<byte>? peerId = null)
    {
        TrackProducer? requested = null;
        TrackCursor cursor;
        lock (_gate)
        {
            if (!_tracks.TryGetValue(name, out var track) || (track.IsOver && TrackRequested is not null))
            {
                if (_end is not null)
                {
                    throw new MoqStreamException(
                        MoqErrorCode.Closed,
                        $"The broadcast is over, and track '{name}' with it. Subscribe again to wait for the next one of that name.");
                }

                if (TrackRequested is null)
                {
                    throw new MoqStreamException(
                        MoqErrorCode.NotFound,
                        $"The broadcast has no track '{name}'. Check its name; a publisher creates it before it publishes the "
                        + $"broadcast.");
                }

                requested = track = _tracks[name] = new TrackProducer(name, RequestedTrackOptions, _runtime, _pool, ReaderCount);
            }

            // Under both locks, so that a track that is given up for want of readers cannot gain one meanwhile.
            cursor = track.OpenCursor(options, peerId);
        }

        if (requested is not null)
            TrackRequested!(requested);
        return cursor;
    }

    /// <summary>Removes a requested track from the table if it has no reader. A later reader makes a new request.</summary>
    /// <returns>False if the track has a reader.</returns>
    internal bool TryRemoveUnread(TrackProducer track)
    {
        lock (_gate)
        {
            if (track.SubscriberCount > 0)
                return false;
            Remove(track);
            return true;
        }
    }

    /// <summary>Removes this track from the table. A later track of the same name stays.</summary>
    internal void Remove(TrackProducer track)
    {
        lock (_gate)
        {
            if (_tracks.TryGetValue(track.Name, out var current) && current == track)
                _tracks.Remove(track.Name);
        }
    }

    /// <summary>
    /// Adds a callback for when the broadcast is over; if it is, the callback runs at once. It runs once, without a lock. A broadcast that
    /// is published to many sessions has as many callbacks, so an entry is removed without a search.
    /// </summary>
    internal void OnEnd(LinkedListNode<Action> entry)
    {
        lock (_gate)
        {
            if (_end is null)
            {
                _onEnd.AddLast(entry);
                return;
            }
        }

        entry.Value();
    }

    /// <summary>Gets how many callbacks of <see cref="OnEnd"/> there are.</summary>
    internal int OnEndCount
    {
        get
        {
            lock (_gate)
                return _onEnd.Count;
        }
    }

    /// <summary>Removes a callback of <see cref="OnEnd"/>.</summary>
    internal void ForgetOnEnd(LinkedListNode<Action> entry)
    {
        lock (_gate)
            entry.List?.Remove(entry);
    }

    /// <summary>Ends the broadcast. Its tracks go on to their own ends. A second call has no effect.</summary>
    internal void End(BroadcastEnd end)
    {
        Action[] actions;
        TrackProducer[] tracks;
        Completion<BroadcastEnd>? closed;
        lock (_gate)
        {
            if (_end is not null)
                return;
            _end = end;
            closed = _closed;
            tracks = [.. _tracks.Values];
            actions = [.. _onEnd];
            _onEnd.Clear();
        }

        foreach (var track in tracks)
            track.State.KeepNoLonger();
        ReaderCount.End();
        closed?.TrySet(end);
        foreach (var action in actions)
            action();
    }
}
