using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Writes one track: groups, then an end. All readers share what the track keeps, which its <see cref="TrackOptions"/> bound. Every member
/// may be used from any thread.
/// </summary>
/// <remarks>A track that is disposed before it is finished is aborted with <see cref="MoqErrorCode.Dropped"/>.</remarks>
public sealed class TrackProducer : IDisposable
{
    /// <summary>The highest number that a group may have: 2^53 - 2. JavaScript peers read no higher number.</summary>
    public const ulong MaxSequence = (1UL << 53) - 2;

    internal TrackProducer(string name, TrackOptions options, Runtime runtime, BlockPool pool, ReaderCount? broadcastReaders = null) =>
        State = new TrackState(name, options, runtime, pool, broadcastReaders);

    /// <summary>Gets the name of the track in its broadcast.</summary>
    public string Name => State.Name;

    /// <summary>Gets the options that the track was created with.</summary>
    public TrackOptions Options => State.Options;

    /// <summary>Gets the number of readers. A reader that has taken every group counts until it has read the groups that it took.</summary>
    public int SubscriberCount
    {
        get
        {
            lock (State.Gate)
                return State.Readers.Count;
        }
    }

    /// <summary>
    /// Gets how many readers read the track now, how many have read it to its end, and how many ended before that. After
    /// <see cref="Finish"/> and <see cref="WaitForNoSubscriberAsync"/> it says whether every reader has everything.
    /// </summary>
    public ReaderTotals ReaderTotals
    {
        get
        {
            lock (State.Gate)
                return new ReaderTotals(State.Readers.Count, State.Readers.Completed, State.Readers.Lost);
        }
    }

    /// <summary>
    /// Begins the next group. Its number is one above the highest so far; the first is 0. On a lossless track use
    /// <see cref="AppendGroupAsync"/>, which waits for room.
    /// </summary>
    /// <returns>The group, to be written and finished.</returns>
    /// <exception cref="InvalidOperationException">The track is lossless, and its slowest reader has left no room.</exception>
    /// <exception cref="MoqStreamException">The track is over; the code tells why.</exception>
    public GroupProducer AppendGroup()
    {
        lock (State.Gate)
        {
            State.Writers.ThrowIfNoRoom(null, nameof(AppendGroupAsync));
            return State.CreateGroup(State.Sequences.Next);
        }
    }

    /// <summary>Begins the next group, on a lossless track after waiting until the slowest reader has made room.</summary>
    /// <param name="cancellationToken">Cancels the wait; no group is begun.</param>
    /// <returns>The group, to be written and finished.</returns>
    /// <exception cref="MoqStreamException">The track is over; the code tells why.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<GroupProducer> AppendGroupAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Options.Lossless)
            await State.Writers.WaitForRoomAsync(null, cancellationToken).ConfigureAwait(false);
        lock (State.Gate)
            return State.CreateGroup(State.Sequences.Next);
    }

    /// <summary>
    /// Begins the group with a given number. Numbers may come in any order and need not be complete. At most 127 gaps are kept open: with
    /// more of them the lowest is given up, and its numbers cannot be used any more.
    /// </summary>
    /// <param name="sequence">The number, 0 to <see cref="MaxSequence"/>.</param>
    /// <returns>The group, to be written and finished.</returns>
    /// <exception cref="MoqStreamException">
    /// The number has been used or is too high, or the track is over; the code tells which.
    /// </exception>
    public GroupProducer CreateGroup(ulong sequence)
    {
        lock (State.Gate)
            return State.CreateGroup(sequence);
    }

    /// <summary>Begins the group with a given number, which may have been used.</summary>
    /// <returns>Null if the number has been used or was given up.</returns>
    internal GroupProducer? TryCreateGroup(ulong sequence)
    {
        lock (State.Gate)
            return State.End is null && State.Sequences.IsSettled(sequence, sequence) ? null : State.CreateGroup(sequence);
    }

    /// <summary>
    /// Ends the track after the groups that it has. Groups that are open can still be written. Later readers still get what is kept, until
    /// the track is disposed or its broadcast ends. A second call has no effect.
    /// </summary>
    public void Finish() => State.EndWith(new TrackEnd(null));

    /// <summary>
    /// Aborts the track: readers get the groups that are finished, then a <see cref="MoqStreamException"/> with the code. It has no effect
    /// on a track that is over.
    /// </summary>
    /// <param name="code">The code that readers get.</param>
    public void Abort(MoqErrorCode code) =>
        State.Fail(code, () => new MoqStreamException(code, $"Track '{Name}' was given up by its producer, with code {code}."));

    /// <summary>
    /// Aborts the track with <see cref="MoqErrorCode.Dropped"/> unless it is over, and keeps nothing for later readers. Readers of a
    /// finished track read on.
    /// </summary>
    public void Dispose()
    {
        Abort(MoqErrorCode.Dropped);
        State.KeepNoLonger();
    }

    /// <summary>
    /// Waits until the track has a reader, for example to start producing then. It also returns for a reader that came and left meanwhile.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="MoqException">The track was aborted, or finished and disposed, and has no reader; the code tells which.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public ValueTask WaitForSubscriberAsync(CancellationToken cancellationToken = default) =>
        State.Demand.WaitForReaderAsync(cancellationToken);

    /// <summary>
    /// Waits until the track has a number of readers at one time. On a lossless track, what is written afterwards reaches all of them from
    /// the first group on.
    /// </summary>
    /// <param name="count">The number of readers, 1 or more.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    /// <exception cref="MoqException">The track was aborted, or finished and disposed; the code tells which.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public ValueTask WaitForSubscribersAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return State.Demand.WaitForReadersAsync(count, cancellationToken);
    }

    /// <summary>Waits until the track has no reader, for example to stop producing, or to exit after <see cref="Finish"/>.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    /// <remarks>It does not say whether the readers have read everything: see <see cref="ReaderTotals"/>.</remarks>
    public ValueTask WaitForNoSubscriberAsync(CancellationToken cancellationToken = default) =>
        State.Demand.WaitForNoReaderAsync(cancellationToken);

    /// <summary>
    /// Returns the readers of the track: those that read now, and how the last ones ended, as far as they are kept (at most 256 changes).
    /// </summary>
    /// <returns>A snapshot, those that read now first.</returns>
    /// <remarks>
    /// After <see cref="WaitForNoSubscriberAsync"/> it says of each reader whether it has read everything or why it has not.
    /// </remarks>
    public IReadOnlyList<TrackReaderInfo> GetReaders()
    {
        lock (State.Gate)
            return [.. State.Readers.Infos(), .. State.History.Ended];
    }

    /// <summary>
    /// Reads the readers that the track has now, as readers that have joined, then each reader that joins or ends. The sequence ends when
    /// the track is aborted, or finished and disposed, and has no reader.
    /// </summary>
    /// <param name="cancellationToken">Ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The events. A caller that reads too slowly gets the number of events that it has missed.</returns>
    public IAsyncEnumerable<TrackReaderEvent> ReadReaderEventsAsync(CancellationToken cancellationToken = default) =>
        State.History.ReadAsync(cancellationToken);

    /// <summary>Gets the state that the readers of the track share.</summary>
    internal TrackState State { get; }

    /// <summary>Gets the lock of the track and of its groups and readers.</summary>
    internal Lock Gate => State.Gate;

    /// <summary>Gets the clock of the track, on which its readers and writers wait.</summary>
    internal Runtime Runtime => State.Runtime;

    /// <summary>Gets the number of readers as a stream of changes.</summary>
    internal ReaderCount ReaderCount => State.ReaderCount;

    /// <summary>Gets the memory that the track keeps for readers, in bytes.</summary>
    internal long CachedBytes
    {
        get
        {
            lock (State.Gate)
                return State.Cache.Bytes;
        }
    }

    /// <summary>Gets a value indicating whether the track is finished or was aborted.</summary>
    internal bool IsOver
    {
        get
        {
            lock (State.Gate)
                return State.End is not null;
        }
    }

    /// <summary>Adds a reader. It begins at the newest group, from its first frame, or as its options say.</summary>
    internal TrackCursor OpenCursor(SubscribeOptions? options = null, ReadOnlyMemory<byte>? peerId = null) =>
        State.OpenCursor(options, peerId);

    /// <summary>Combines what the readers want, or returns null if there is no reader. The caller must hold the lock.</summary>
    internal SubscribeOptions? CombinedOptions() => State.Readers.CombinedOptions();
}
