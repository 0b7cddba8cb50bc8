using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Writes one track: groups, then an end. What it keeps is bounded by its <see cref="TrackOptions"/> and shared by all readers. Safe for any thread.
/// A track that is disposed unfinished is aborted with <see cref="MoqErrorCode.Dropped"/>.
/// </summary>
public sealed class TrackProducer : IDisposable
{
    private readonly GroupRing _groups = new();
    private readonly HashSet<ulong> _sequences = [];
    private readonly List<TrackCursor> _cursors = [];
    private readonly List<Signal> _waiters = [];
    private ulong _nextSequence;
    private ulong? _newest;
    private long _cachedBytes;
    private ITimer? _patience;

    internal TrackProducer(string name, TrackOptions options, Turns turns, BlockPool pool)
    {
        options.Validate();
        Name = name;
        Options = options;
        Turns = turns;
        Pool = pool;
        Signals = new SignalPool(turns);
    }

    /// <summary>The track's name in its broadcast.</summary>
    public string Name { get; }

    /// <summary>How it treats what it keeps.</summary>
    public TrackOptions Options { get; }

    /// <summary>How many readers there are now. A reader that has taken all counts until it has read what it took.</summary>
    public int SubscriberCount
    {
        get
        {
            lock (Gate)
                return _cursors.Count;
        }
    }

    /// <summary>Payload that the track keeps for readers, in bytes.</summary>
    internal long CachedBytes
    {
        get
        {
            lock (Gate)
                return _cachedBytes;
        }
    }

    internal Lock Gate { get; } = new();

    internal Turns Turns { get; }

    internal BlockPool Pool { get; }

    /// <summary>For waits on one group, which are many and short.</summary>
    internal SignalPool Signals { get; }

    /// <summary>How it ended, or null. Under the lock.</summary>
    internal TrackEnd? End { get; private set; }

    /// <summary>The index that the next group will get. Under the lock.</summary>
    internal long EndIndex => _groups.End;

    /// <summary>True while a write need not wait. Under the lock.</summary>
    internal bool HasRoom => !Options.Lossless || _cursors.Count == 0 || (_cachedBytes < Options.MaxCachedBytes && _groups.Count < Options.MaxCachedGroups);

    private bool SomebodyWaitsForAGroup => _cursors.Exists(static cursor => cursor.IsAtEnd);

    /// <summary>Begins the next group: its number is one above the highest, 0 first.</summary>
    /// <exception cref="MoqStreamException">The track is over; the code tells.</exception>
    public GroupProducer AppendGroup()
    {
        lock (Gate)
            return Create(_nextSequence);
    }

    /// <summary>Begins the next group, on a lossless track after waiting until the slowest reader has made room.</summary>
    /// <param name="cancellationToken">Ends the wait; no group is begun.</param>
    /// <exception cref="MoqStreamException">The track is over; the code tells.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<GroupProducer> AppendGroupAsync(CancellationToken cancellationToken = default)
    {
        await WaitForGroupRoomAsync(cancellationToken).ConfigureAwait(false);
        return AppendGroup();
    }

    /// <summary>Begins the group with this number. Numbers may come in any order and need not be complete.</summary>
    /// <param name="sequence">0 to 2^53 - 2, which every peer reads.</param>
    /// <exception cref="MoqStreamException">The number is in use, or the track is over; the code tells.</exception>
    public GroupProducer CreateGroup(ulong sequence)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, (1UL << 62) - 2);
        lock (Gate)
            return Create(sequence);
    }

    /// <summary>Ends the track after the groups it has; those that are open can still be written. Again changes nothing.</summary>
    public void Finish() => EndWith(new TrackEnd(null));

    /// <summary>Gives the track up. Readers take the groups that are finished, then get the code. Changes nothing on a track that is over.</summary>
    /// <param name="code">What readers are told.</param>
    public void Abort(MoqErrorCode code) =>
        Fail(code, () => new MoqStreamException(code, $"Track '{Name}' was given up by its producer, with code {code}."));

    /// <summary>Aborts the track with <see cref="MoqErrorCode.Dropped"/> unless it is over.</summary>
    public void Dispose() => Abort(MoqErrorCode.Dropped);

    /// <summary>Waits until somebody reads the track: the moment to start producing.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask WaitForSubscriberAsync(CancellationToken cancellationToken = default) =>
        WaitUntilAsync(static track => track._cursors.Count > 0, cancellationToken);

    /// <summary>Waits until nobody reads the track: the moment to stop producing, or, after <see cref="Finish"/>, to leave.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask WaitForNoSubscriberAsync(CancellationToken cancellationToken = default) =>
        WaitUntilAsync(static track => track._cursors.Count == 0, cancellationToken);

    /// <summary>Ends the track with a failure of the caller's making.</summary>
    internal void Fail(MoqErrorCode code, Func<MoqException> failure)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            foreach (var group in _groups)
                group.Abort(code, isRemote: false);
        }

        EndWith(new TrackEnd(failure));
    }

    /// <summary>A reader that begins at the newest group there is, from its first frame, or at the first group at or above a number.</summary>
    internal TrackCursor OpenCursor(ulong? start = null)
    {
        lock (Gate)
        {
            var cursor = new TrackCursor(this, start is null ? NewestIndex() : _groups.Start, start ?? 0, Turns.GetTimestamp());
            _cursors.Add(cursor);
            WakeWaiters();
            return cursor;
        }
    }

    /// <summary>Under the lock.</summary>
    internal GroupProducer? GroupAt(long index) => _groups[index];

    /// <summary>Under the lock.</summary>
    internal void Remove(TrackCursor cursor)
    {
        _cursors.Remove(cursor);
        Trim();
        WakeWaiters();
    }

    /// <summary>A reader has taken something. Under the lock.</summary>
    internal void OnProgress(TrackCursor? cursor)
    {
        cursor?.Touch();
        if (Options.Lossless && _waiters.Count > 0)
            WakeWaiters();
    }

    /// <summary>A reader has given a group back. Under the lock.</summary>
    internal void OnGroupRead()
    {
        if (!Options.Lossless && (End is null || _cursors.Count > 0))
            return;
        Trim();
        WakeWaiters();
    }

    /// <summary>Bytes were written. Under the lock.</summary>
    internal void OnWritten(GroupProducer group, int bytes)
    {
        _cachedBytes += bytes;
        if (!Options.Lossless || _cursors.Count == 0)
            MakeRoom(group);
    }

    /// <summary>Bytes were let go of. Under the lock.</summary>
    internal void OnReleased(long bytes) => _cachedBytes -= bytes;

    /// <summary>On a lossless track: waits until there is room for another group, or a reader has taken all there are.</summary>
    internal ValueTask WaitForGroupRoomAsync(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            if (HasRoom || End is not null || SomebodyWaitsForAGroup)
                return default;
        }

        return WaitForRoomAsync(null, cancellationToken);
    }

    /// <summary>Waits until the cache has room or somebody waits for more; a reader that takes nothing for too long is cut off.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask WaitForRoomAsync(GroupProducer? group, CancellationToken cancellationToken)
    {
        var room = Signals.Rent();
        try
        {
            while (true)
            {
                lock (Gate)
                {
                    _waiters.Remove(room);
                    if (HasRoom || End is not null || (group is null ? SomebodyWaitsForAGroup : group.IsWanted || !group.IsOpen))
                        return;
                    if (group is not null)
                        group.Room = room;
                    var patience = CutOffSlowReaders();
                    if (patience <= TimeSpan.Zero)
                        continue;
                    _waiters.Add(room);
                    // One timer for all who wait: when it is due, each looks again who is late.
                    _patience ??= Turns.CreateTimer(static track => ((TrackProducer)track!).OnPatienceOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    _patience.Change(patience, Timeout.InfiniteTimeSpan);
                }

                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
            {
                _waiters.Remove(room);
                if (group is not null)
                    group.Room = null;
            }

            Signals.Return(room);
        }
    }

    private async ValueTask WaitUntilAsync(Func<TrackProducer, bool> condition, CancellationToken cancellationToken)
    {
        var changed = new Signal(Turns);
        try
        {
            while (true)
            {
                lock (Gate)
                {
                    _waiters.Remove(changed);
                    if (condition(this))
                        return;
                    _waiters.Add(changed);
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (Gate)
                _waiters.Remove(changed);
        }
    }

    private GroupProducer Create(ulong sequence)
    {
        if (End is { } end)
            throw end.Failure?.Invoke() ?? new MoqStreamException(MoqErrorCode.Closed, $"Track '{Name}' is finished: no group can be begun.");
        if (!_sequences.Add(sequence))
            throw new MoqStreamException(MoqErrorCode.Duplicate, $"Track '{Name}' has a group {sequence} already.");
        var group = new GroupProducer(this, sequence, Turns.GetTimestamp());
        _groups.Add(group);
        _nextSequence = Math.Max(_nextSequence, sequence + 1);
        _newest = _newest is { } newest ? Math.Max(newest, sequence) : sequence;
        if (!Options.Lossless || _cursors.Count == 0)
            MakeRoom(group);
        WakeCursors();
        return group;
    }

    private void EndWith(TrackEnd end)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            End = end;
            _patience?.Dispose();
            Trim();
            WakeCursors();
            WakeWaiters();
        }
    }

    /// <summary>The index of the group with the highest number, or the end if there is none.</summary>
    private long NewestIndex()
    {
        for (var index = _groups.Start; index < _groups.End; index++)
        {
            if (_groups[index] is { } group && group.Sequence == _newest)
                return index;
        }

        return _groups.End;
    }

    /// <summary>Live: drops the oldest while there is too much. The newest and the one being written stay.</summary>
    private void MakeRoom(GroupProducer writing)
    {
        for (var index = _groups.Start; index < _groups.End; index++)
        {
            var old = _groups[index];
            if (old is null || old == writing || old.Sequence == _newest)
                continue;
            var tooMuch = _cachedBytes > Options.MaxCachedBytes || _groups.Count > Options.MaxCachedGroups;
            if (!tooMuch && Turns.GetElapsedTime(old.CreatedAt) <= Options.MaxAge)
                break;
            Drop(index, old);
            old.Evict(tooMuch ? MoqErrorCode.Evicted : MoqErrorCode.Old);
        }
    }

    /// <summary>
    /// Forgets what nobody will read: on a lossless track the groups that every reader has read (the newest stays for who comes next), after the end of a track without readers everything.
    /// </summary>
    private void Trim()
    {
        var over = End is not null && _cursors.Count == 0;
        if (!over && !Options.Lossless)
            return;
        for (var index = _groups.Start; index < _groups.End; index++)
        {
            if (_groups[index] is not { } group)
                continue;
            if (!over && (group.IsOpen || group.HasReaders || group.Sequence == _newest || !IsPassed(index)))
                continue;
            Drop(index, group);
            group.Forget();
        }
    }

    private bool IsPassed(long index)
    {
        foreach (var cursor in _cursors)
        {
            if (!cursor.HasPassed(index))
                return false;
        }

        return _cursors.Count > 0;
    }

    private void Drop(long index, GroupProducer group)
    {
        _sequences.Remove(group.Sequence);
        _groups.Remove(index);
    }

    /// <summary>Cuts off every reader that has taken nothing for the limit while others wait.</summary>
    /// <returns>How long until the next one would be.</returns>
    private TimeSpan CutOffSlowReaders()
    {
        var patience = Options.SlowReaderLimit;
        for (var i = _cursors.Count - 1; i >= 0; i--)
        {
            var cursor = _cursors[i];
            if (!HasSomethingFor(cursor))
                continue;
            var left = Options.SlowReaderLimit - Turns.GetElapsedTime(cursor.LastProgress);
            if (left > TimeSpan.Zero)
            {
                patience = left < patience ? left : patience;
                continue;
            }

            cursor.Cut(MoqErrorCode.SlowReader);
            _cursors.RemoveAt(i);
            foreach (var group in _groups)
                group.CutOff(cursor, MoqErrorCode.SlowReader);
            patience = TimeSpan.Zero;
        }

        return patience;
    }

    private void OnPatienceOver()
    {
        lock (Gate)
            WakeWaiters();
    }

    /// <summary>True if it is the reader that is late, and not the writer.</summary>
    private bool HasSomethingFor(TrackCursor cursor)
    {
        if (!cursor.IsAtEnd)
            return true;
        foreach (var group in _groups)
        {
            if (group.HasUnreadFor(cursor))
                return true;
        }

        return false;
    }

    private void WakeCursors()
    {
        foreach (var cursor in _cursors)
            cursor.Wake();
    }

    private void WakeWaiters()
    {
        foreach (var waiter in _waiters)
            waiter.Set();
    }
}
