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
    /// <summary>The highest number that a group may have: 2^53 - 2. JavaScript peers read no more.</summary>
    public const ulong MaxSequence = (1UL << 53) - 2;

    private readonly TrackReaders _readers;
    private readonly Demand _demand;
    private readonly WriterQueue _writers;
    private ulong _nextSequence;
    private bool _isLeft;

    internal TrackProducer(string name, TrackOptions options, Turns turns, BlockPool pool, ReaderCount? broadcastReaders = null)
    {
        options.Validate();
        Name = name;
        Options = options;
        Turns = turns;
        Pool = pool;
        Signals = new SignalPool(turns);
        Cache = new GroupCache(options, turns);
        ReaderCount = new ReaderCount(turns, broadcastReaders);
        _readers = new TrackReaders(options, turns, ReaderCount);
        _demand = new Demand(this, _readers);
        _writers = new WriterQueue(this, _readers);
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
                return _readers.Count;
        }
    }

    /// <summary>Payload that the track keeps for readers, in bytes.</summary>
    internal long CachedBytes
    {
        get
        {
            lock (Gate)
                return Cache.Bytes;
        }
    }

    /// <summary>For whoever wants to be told how many readers there are.</summary>
    internal ReaderCount ReaderCount { get; }

    internal Lock Gate { get; } = new();

    internal Turns Turns { get; }

    internal BlockPool Pool { get; }

    /// <summary>For waits on one group, which are many and short.</summary>
    internal SignalPool Signals { get; }

    /// <summary>How it ended, or null. Under the lock.</summary>
    internal TrackEnd? End { get; private set; }

    /// <summary>What is kept for readers. Under the lock.</summary>
    internal GroupCache Cache { get; }

    private bool HasRoom => !Options.Lossless || _readers.Count == 0 || !Cache.IsFull;

    /// <summary>A full cache waits for whoever is late; if nobody is, whoever wants more gets it, because no room will come without it. Under the lock.</summary>
    internal bool MayAppend => End is not null || HasRoom || (_readers.IsAnyAtEnd && !_readers.IsAnyLate(Cache, null));

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
    /// <param name="sequence">0 to <see cref="MaxSequence"/>.</param>
    /// <exception cref="MoqStreamException">The number is in use or too high, or the track is over; the code tells.</exception>
    public GroupProducer CreateGroup(ulong sequence)
    {
        lock (Gate)
            return Create(sequence);
    }

    /// <summary>Ends the track after the groups it has; those that are open can still be written. Who comes later still reads what is kept, until the track is disposed or its broadcast ends. Again changes nothing.</summary>
    public void Finish() => EndWith(new TrackEnd(null));

    /// <summary>Gives the track up. Readers take the groups that are finished, then get the code. Changes nothing on a track that is over.</summary>
    /// <param name="code">What readers are told.</param>
    public void Abort(MoqErrorCode code) =>
        Fail(code, () => new MoqStreamException(code, $"Track '{Name}' was given up by its producer, with code {code}."));

    /// <summary>Aborts the track with <see cref="MoqErrorCode.Dropped"/> unless it is over, and keeps nothing for who comes later; who reads it now reads on.</summary>
    public void Dispose()
    {
        Abort(MoqErrorCode.Dropped);
        KeepNoLonger();
    }

    /// <summary>Waits until somebody reads the track: the moment to start producing. A reader that comes and goes at once is seen too.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MoqException">The track was given up, or finished and disposed, and nobody reads it; the code tells.</exception>
    public ValueTask WaitForSubscriberAsync(CancellationToken cancellationToken = default) => _demand.WaitForSomebodyAsync(cancellationToken);

    /// <summary>Waits until nobody reads the track: the moment to stop producing, or, after <see cref="Finish"/>, to leave.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask WaitForNoSubscriberAsync(CancellationToken cancellationToken = default) => _demand.WaitForNobodyAsync(cancellationToken);

    /// <summary>Ends the track with a failure of the caller's making.</summary>
    internal void Fail(MoqErrorCode code, Func<MoqException> failure)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            foreach (var (_, group) in Cache)
                group.Abort(code, isRemote: false);
        }

        EndWith(new TrackEnd(failure));
    }

    /// <summary>A reader that begins at the newest group there is, from its first frame, or at the first group at or above a number.</summary>
    internal TrackCursor OpenCursor(ulong? start = null)
    {
        lock (Gate)
        {
            var cursor = new TrackCursor(this, start is null ? Cache.NewestIndex() : Cache.Start, start ?? 0, Turns.GetTimestamp());
            _readers.Add(cursor);
            WakeWaiters();
            return cursor;
        }
    }

    /// <summary>True while a frame of this group need not wait. Under the lock.</summary>
    internal bool MayWrite(GroupProducer group) => End is not null || !group.IsOpen || HasRoom || (group.IsWanted && !_readers.IsAnyLate(Cache, group));

    /// <summary>Under the lock.</summary>
    internal void Remove(TrackCursor cursor)
    {
        _readers.Remove(cursor);
        Trim();
        WakeWaiters();
    }

    /// <summary>A reader has taken something. Under the lock.</summary>
    internal void OnProgress(TrackCursor? cursor)
    {
        cursor?.Touch();
        _writers.Wake();
    }

    /// <summary>A reader has given a group back. Under the lock.</summary>
    internal void OnGroupRead()
    {
        if (!Options.Lossless && (End is null || _readers.Count > 0))
            return;
        Trim();
        WakeWaiters();
    }

    /// <summary>A group gets no more frames. Under the lock.</summary>
    internal void OnGroupOver() => _writers.Wake();

    /// <summary>Memory was taken for a frame. Under the lock.</summary>
    internal void OnWritten(GroupProducer group, int bytes)
    {
        Cache.Count(bytes);
        MakeRoom(group);
    }

    /// <summary>Memory was let go of. Under the lock.</summary>
    internal void OnReleased(long bytes)
    {
        Cache.Count(-bytes);
        _writers.Wake();
    }

    /// <summary>On a lossless track: waits until there is room for another group, or nobody is late and somebody wants one.</summary>
    internal ValueTask WaitForGroupRoomAsync(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            if (MayAppend)
                return default;
        }

        return _writers.WaitAsync(null, cancellationToken);
    }

    /// <summary>On a lossless track: waits until there is room for a frame of this group, or nobody is late and somebody wants one.</summary>
    internal ValueTask WaitForRoomAsync(GroupProducer group, CancellationToken cancellationToken) => _writers.WaitAsync(group, cancellationToken);

    /// <summary>A reader was cut off. Under the lock.</summary>
    internal void OnCutOff()
    {
        Trim();
        WakeWaiters();
    }

    private GroupProducer Create(ulong sequence)
    {
        if (End is { } end)
            throw Over(end);
        if (sequence > MaxSequence)
            throw new MoqStreamException(MoqErrorCode.BoundsExceeded, $"Track '{Name}' can have no group above {MaxSequence}: {sequence} was asked for.");
        if (Cache.Contains(sequence))
            throw new MoqStreamException(MoqErrorCode.Duplicate, $"Track '{Name}' has a group {sequence} already.");
        if (Options.Lossless)
            _readers.OnGroupComes();
        var group = new GroupProducer(this, sequence, Turns.GetTimestamp());
        Cache.Add(group);
        _nextSequence = Math.Max(_nextSequence, sequence + 1);
        MakeRoom(group);
        _readers.Wake();
        return group;
    }

    /// <summary>True if nobody who comes later finds anything. Under the lock.</summary>
    internal bool IsGivenUp(TrackEnd end) => _isLeft || end.Failure is not null;

    /// <summary>What is thrown at who wants more of a track that is over.</summary>
    internal MoqException Over(TrackEnd end) =>
        end.Failure?.Invoke() ?? new MoqStreamException(MoqErrorCode.Closed, $"Track '{Name}' is finished. To go on, create a track of that name again.");

    private void EndWith(TrackEnd end)
    {
        lock (Gate)
        {
            if (End is not null)
                return;
            End = end;
            _writers.Dispose();
            Trim();
            _readers.Wake();
            WakeWaiters();
        }
    }

    /// <summary>Live, or lossless with nobody to lose anything: what is too much goes.</summary>
    private void MakeRoom(GroupProducer writing)
    {
        if (!Options.Lossless || _readers.Count == 0)
            Cache.MakeRoom(writing);
    }

    /// <summary>Nobody comes later: what is kept for them goes once the track is over and its readers have gone.</summary>
    internal void KeepNoLonger()
    {
        lock (Gate)
        {
            _isLeft = true;
            Trim();
            WakeWaiters();
        }
    }

    /// <summary>Forgets what nobody will read: everything of a track that is over, without readers and left or given up, and on a lossless track what every reader has read.</summary>
    private void Trim()
    {
        var isGivenUp = End is { } end && IsGivenUp(end);
        if (isGivenUp)
            ReaderCount.End();
        if (isGivenUp && _readers.Count == 0)
            Cache.ForgetAll();
        else if (Options.Lossless)
            Cache.ForgetRead(_readers);
    }

    private void WakeWaiters()
    {
        _writers.Wake();
        _demand.Wake();
    }
}
