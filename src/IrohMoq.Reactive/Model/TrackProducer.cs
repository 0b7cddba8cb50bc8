using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Writes one track: groups, then the end of the track. All readers share the groups that the track keeps within the limits of its
/// <see cref="TrackOptions"/>. All members are thread-safe.
/// </summary>
/// <remarks>A track that is disposed before it is finished is aborted with <see cref="MoqErrorCode.Dropped"/>.</remarks>
public sealed partial class TrackProducer : IDisposable
{
    /// <summary>The highest number that a group may have: 2^53 - 2. JavaScript peers cannot read higher numbers.</summary>
    public const ulong MaxSequence = (1UL << 53) - 2;

    internal TrackProducer(
        string name, TrackOptions? options, Runtime runtime, BlockPool pool, ReaderCount? broadcastReaders = null, long? epoch = null) =>
        State = new TrackState(name, options, runtime, pool, broadcastReaders, epoch ?? runtime.GetTimestamp());

    /// <summary>Gets the name of the track in its broadcast.</summary>
    public string Name => State.Name;

    /// <summary>Gets the options that the track was created with.</summary>
    public TrackOptions Options => State.Options;

    /// <summary>
    /// Gets the number of readers of the track. A reader that has taken every group still counts until it has read these groups.
    /// </summary>
    public int SubscriberCount
    {
        get
        {
            lock (State.Gate)
                return State.Readers.Count;
        }
    }

    /// <summary>
    /// Gets the numbers of readers that read the track now, that have read it to its end, and that ended before that. After
    /// <see cref="Finish"/> and <see cref="WaitForNoSubscriberAsync"/>, the value shows whether every reader has received everything.
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
    /// Creates the next group. Its number is one above the highest number so far; the first number is 0. On a lossless track, use
    /// <see cref="AppendGroupAsync"/>, which waits until the slowest reader has made room.
    /// </summary>
    /// <returns>The group, which the caller writes and finishes.</returns>
    /// <exception cref="InvalidOperationException">
    /// The track is lossless, and its slowest reader has not read enough to make room.
    /// </exception>
    /// <exception cref="MoqStreamException">The track has ended; the code tells why.</exception>
    public GroupProducer AppendGroup()
    {
        lock (State.Gate)
        {
            State.Writers.ThrowIfNoRoom(null, nameof(AppendGroupAsync));
            return State.CreateGroup(State.Sequences.Next);
        }
    }

    /// <summary>Creates the next group. On a lossless track, the method first waits until the slowest reader has made room.</summary>
    /// <param name="cancellationToken">The token that cancels the wait. No group is then created.</param>
    /// <returns>The group, which the caller writes and finishes.</returns>
    /// <exception cref="MoqStreamException">The track has ended; the code tells why.</exception>
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
    /// Creates the group with the specified number. Numbers may be used in any order and need not be consecutive. At most 127 gaps are
    /// kept open; if there are more, the lowest gap is closed and its numbers cannot be used any more.
    /// </summary>
    /// <param name="sequence">The number of the group, from 0 to <see cref="MaxSequence"/>.</param>
    /// <returns>The group, which the caller writes and finishes.</returns>
    /// <exception cref="MoqStreamException">
    /// The number has been used or is too high, or the track has ended; the code tells which.
    /// </exception>
    public GroupProducer CreateGroup(ulong sequence)
    {
        lock (State.Gate)
            return State.CreateGroup(sequence);
    }

    /// <summary>Creates the group with the specified number, unless the number has been used.</summary>
    /// <param name="sequence">The number of the group.</param>
    /// <param name="frame">The index of the first frame that the publisher sends. The group begins with it if a reader wants it so.</param>
    /// <returns>The group, or null if the number has been used or was abandoned.</returns>
    internal GroupProducer? TryCreateGroup(ulong sequence, ulong frame = 0)
    {
        lock (State.Gate)
        {
            if (State.End is null && State.Sequences.IsSettled(sequence, sequence))
                return null;
            return State.CreateGroup(sequence, frame > 0 && State.Readers.HaveAskedFor(sequence, frame) ? (int)frame : 0);
        }
    }

    /// <summary>
    /// Ends the track normally after its last group. Open groups can still be written. Later readers still receive the groups that are
    /// kept, until the track is disposed or its broadcast ends. A second call has no effect.
    /// </summary>
    public void Finish() => State.EndWith(new TrackEnd(null));

    /// <summary>
    /// Aborts the track: readers receive the finished groups, then a <see cref="MoqStreamException"/> with the error code. Has no effect
    /// on a track that has ended.
    /// </summary>
    /// <param name="code">The error code that readers receive.</param>
    public void Abort(MoqErrorCode code) =>
        State.Fail(code, () => new MoqStreamException(code, $"Track '{Name}' was given up by its producer, with code {code}."));

    /// <summary>
    /// Aborts the track with <see cref="MoqErrorCode.Dropped"/> unless it has already ended, and keeps no groups for later readers.
    /// Current readers of a finished track continue.
    /// </summary>
    public void Dispose()
    {
        Abort(MoqErrorCode.Dropped);
        State.KeepNoLonger();
    }

    /// <summary>
    /// Waits until the track has a reader, for example to start producing only then. The method also returns if a reader joined and left
    /// during the wait.
    /// </summary>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <exception cref="MoqException">The track was aborted, or finished and disposed, and has no reader; the code tells which.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public ValueTask WaitForSubscriberAsync(CancellationToken cancellationToken = default) =>
        State.Demand.WaitForReaderAsync(cancellationToken);

    /// <summary>
    /// Waits until the track has at least the specified number of readers at the same time. On a lossless track, all of these readers
    /// receive everything that is written afterwards.
    /// </summary>
    /// <param name="count">The number of readers, 1 or more.</param>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than 1.</exception>
    /// <exception cref="MoqException">The track was aborted, or finished and disposed; the code tells which.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public ValueTask WaitForSubscribersAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return State.Demand.WaitForReadersAsync(count, cancellationToken);
    }

    /// <summary>Waits until the track has no reader, for example to stop producing, or to exit after <see cref="Finish"/>.</summary>
    /// <param name="cancellationToken">The token that cancels the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    /// <remarks>The method does not tell whether the readers have read everything: see <see cref="ReaderTotals"/>.</remarks>
    public ValueTask WaitForNoSubscriberAsync(CancellationToken cancellationToken = default) =>
        State.Demand.WaitForNoReaderAsync(cancellationToken);

    /// <summary>
    /// Returns the current readers of the track, and the readers that ended most recently, as far as the last 256 joins and ends include
    /// them.
    /// </summary>
    /// <returns>A snapshot, which lists the current readers first.</returns>
    /// <remarks>
    /// After <see cref="WaitForNoSubscriberAsync"/>, the result shows for each reader whether it has read everything or why it has not.
    /// </remarks>
    public IReadOnlyList<TrackReaderInfo> GetReaders()
    {
        lock (State.Gate)
            return [.. State.Readers.Infos(), .. State.History.Ended];
    }

    /// <summary>
    /// Returns the current readers of the track, as readers that have joined, and then each reader that joins or ends. The sequence ends
    /// when the track is aborted, or finished and disposed, and has no reader.
    /// </summary>
    /// <param name="cancellationToken">The token that ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The events. A caller that reads too slowly receives the number of events that it has missed.</returns>
    public IAsyncEnumerable<TrackReaderEvent> ReadReaderEventsAsync(CancellationToken cancellationToken = default) =>
        State.History.ReadAsync(cancellationToken);

    /// <summary>Gets the state that the producer and the readers of the track share.</summary>
    internal TrackState State { get; }

    /// <summary>Gets the lock of the track and of its groups and readers.</summary>
    internal Lock Gate => State.Gate;

    /// <summary>Gets the clock that the track, its readers and its writers use.</summary>
    internal Runtime Runtime => State.Runtime;

    /// <summary>Gets the number of readers of the track. Its changes can be read as a stream.</summary>
    internal ReaderCount ReaderCount => State.ReaderCount;

    /// <summary>Gets the memory, in bytes, that the track keeps for readers.</summary>
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

    /// <summary>
    /// Gets or sets a value indicating whether the track exists because a reader has requested it. The caller must hold the lock of the
    /// broadcast.
    /// </summary>
    internal bool IsOnDemand { get; set; }

    /// <summary>
    /// Adds a reader. By default, the reader begins with the first frame of the newest group; the options can specify another start.
    /// </summary>
    internal TrackCursor OpenCursor(SubscribeOptions? options = null, Requester? peer = null) =>
        State.OpenCursor(options, peer);

    /// <summary>
    /// Returns the combined options of the readers, or null if there is no reader. The caller must hold the lock of the track.
    /// </summary>
    internal SubscribeOptions? CombinedOptions() => State.Readers.CombinedOptions();
}
