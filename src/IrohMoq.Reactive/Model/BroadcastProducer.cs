using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// A named set of tracks to be published. It gets its name where it is published. Safe for any thread.
/// One that is disposed unfinished ends with <see cref="MoqErrorCode.Dropped"/>.
/// </summary>
public sealed class BroadcastProducer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SortedList<string, TrackProducer> _tracks = new(StringComparer.Ordinal);
    private readonly Runtime _runtime;
    private readonly BlockPool _pool;
    private readonly LinkedList<Action> _onEnd = [];
    // Made when somebody asks: a peer may announce thousands whose end nobody waits for.
    private Completion<BroadcastEnd>? _closed;
    private Task<BroadcastEnd>? _over;
    private BroadcastEnd? _end;

    /// <summary>Creates a broadcast on the system's clock and the shared memory pool.</summary>
    public BroadcastProducer()
        : this(ThreadPoolRuntime.Instance)
    {
    }

    /// <summary>Creates a broadcast on another clock, for example that of a swarm in virtual time.</summary>
    /// <param name="runtime">Where those who wait for it go on, and the clock of its tracks.</param>
    /// <param name="pool">Where its frames live; null for the shared pool.</param>
    public BroadcastProducer(Runtime runtime, BlockPool? pool = null)
    {
        _runtime = runtime;
        _pool = pool ?? BlockPool.Shared;
        ReaderCount = new ReaderCount(runtime);
    }

    /// <summary>Completes when the broadcast is over, with how it ended. Never faults.</summary>
    public Task<BroadcastEnd> Closed
    {
        get
        {
            lock (_gate)
            {
                // Few wait for the end of a broadcast, and there may be very many.
                if (_closed is null && _end is { } end)
                    return _over ??= Task.FromResult(end);
                _closed ??= new Completion<BroadcastEnd>(_runtime);
                return _closed.Task;
            }
        }
    }

    /// <summary>The same with a task of its own for each caller.</summary>
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

    /// <summary>For whoever wants to be told how many readers its tracks have together.</summary>
    internal ReaderCount ReaderCount { get; }

    /// <summary>
    /// Makes a track that is not here when somebody reads it; called outside any lock. Set before the broadcast is published, or a fast
    /// reader is refused.
    /// </summary>
    internal Action<TrackProducer>? TrackRequested { get; set; }

    /// <summary>Options of the tracks that are made on request.</summary>
    internal TrackOptions RequestedTrackOptions { get; init; } = TrackOptions.Default;

    /// <summary>Begins a track. A track of that name that is over gives its name free.</summary>
    /// <param name="name">Its name: any text, taken as it is.</param>
    /// <param name="options">How it treats what it keeps; null for the defaults.</param>
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

    /// <summary>A reader's view of this broadcast.</summary>
    public BroadcastConsumer Consume() => new(this);

    /// <summary>Ends the broadcast: no new tracks. Its tracks go on to their own ends. Again changes nothing.</summary>
    public void Finish() => End(new BroadcastEnd(BroadcastEndCause.Finished, MoqErrorCode.Cancel));

    /// <summary>Gives the broadcast up, and every track in it.</summary>
    /// <param name="code">What readers are told.</param>
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

    /// <summary>A reader of a track: of one that is here, or of one that is made on request.</summary>
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

            // Under both locks, so that a track that is given up because nobody reads it cannot gain a reader meanwhile.
            cursor = track.OpenCursor(options, peerId);
        }

        if (requested is not null)
            TrackRequested!(requested);
        return cursor;
    }

    /// <summary>Takes a requested track out of the table if nobody reads it; a later reader makes a new request.</summary>
    /// <returns>False if somebody reads it.</returns>
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

    /// <summary>Takes this very track out of the table; a successor of the same name stays.</summary>
    internal void Remove(TrackProducer track)
    {
        lock (_gate)
        {
            if (_tracks.TryGetValue(track.Name, out var current) && current == track)
                _tracks.Remove(track.Name);
        }
    }

    /// <summary>
    /// Calls back once when the broadcast is over, at once if it is; outside any lock. One that is published to many sessions has as many
    /// callbacks: an entry goes without a search.
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

    /// <summary>Forgets a callback of <see cref="OnEnd"/>.</summary>
    internal void ForgetOnEnd(LinkedListNode<Action> entry)
    {
        lock (_gate)
            entry.List?.Remove(entry);
    }

    /// <summary>Ends the broadcast. Its tracks go on to their own ends. Again changes nothing.</summary>
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
