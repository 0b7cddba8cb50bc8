using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads the groups of a track one by one, with options that may change while reading. Only one read may be pending at a time.
/// <see cref="Options"/>, <see cref="Skipped"/> and <see cref="Dispose"/> may be used from any thread.
/// </summary>
public sealed class TrackReader : IDisposable
{
    private readonly TrackConsumer _track;
    private readonly TrackCursor _cursor;
    private GroupSorter? _sorter;
    private GroupConsumer? _last;
    // The number of groups that were missed before the order was last changed, and the counts at that time.
    private readonly Lock _counting = new();
    private long _skippedBefore;
    private long _countedFrom;
    private ulong? _highest;
    private bool _isInOrder;
    private int _isOver;
    private int _isReading;

    internal TrackReader(TrackConsumer track, TrackCursor cursor)
    {
        _track = track;
        _cursor = cursor;
    }

    /// <summary>
    /// Gets or sets the options of the reader. New options apply to the groups that are read afterwards, and update the subscription at a
    /// remote publisher. <see cref="SubscribeOptions.Start"/> cannot be changed.
    /// </summary>
    public SubscribeOptions Options
    {
        get => _cursor.Options;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _cursor.Options = value;
        }
    }

    /// <summary>
    /// Gets the number of groups that this reader has missed so far, wherever they were lost. Groups behind the last one that it needs
    /// (<see cref="SubscribeOptions.End"/>) do not count.
    /// </summary>
    public long Skipped
    {
        get
        {
            lock (_counting)
                return _skippedBefore + Counted - _countedFrom;
        }
    }

    /// <summary>
    /// Gets a value indicating whether the track is lossless (<see cref="TrackOptions.Lossless"/>). Of a remote track this is known when
    /// the first group has been read. A group of such a track is missed only if the publisher has aborted it, has left its number out, or
    /// no longer kept it when the reading began.
    /// </summary>
    public bool IsLossless
    {
        get
        {
            lock (_cursor.Track.Gate)
                return _cursor.Track.Options.Lossless || _cursor.Track.IsWhole;
        }
    }

    private long Counted => _isInOrder ? _sorter!.Missed : _cursor.Skipped;

    /// <summary>Reads the next group. The previous group is released unless <see cref="GroupConsumer.Keep"/> was called.</summary>
    /// <param name="cancellationToken">The token that cancels the wait. The next read continues at the same position.</param>
    /// <returns>The group, or null at the end of the track or after the last group that the options state.</returns>
    /// <exception cref="ObjectDisposedException">The reader was disposed, before the call or during it.</exception>
    /// <exception cref="InvalidOperationException">Another read is pending. It is not affected.</exception>
    /// <exception cref="MoqStreamException">
    /// The track is unknown, refused or was aborted, or this reader was cut off, or has missed a group that it must not miss; the code
    /// tells which.
    /// </exception>
    /// <exception cref="MoqSessionClosedException">The session ended, and everything that had arrived before has been read.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<GroupConsumer?> ReadGroupAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isOver) == 1, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _isReading, 1) == 1)
            throw new InvalidOperationException($"A read of track '{_track.Name}' is pending. Await it, or open another reader.");
        try
        {
            return await ReadNextAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <summary>Ends the reader and its subscription, and releases the last group unless it is kept. A second call has no effect.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
            return;
        _last?.LeaveUnlessKept();
        _sorter?.Dispose();
        _cursor.Dispose();
        _track.OnClosed(this);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GroupConsumer?> ReadNextAsync(CancellationToken cancellationToken)
    {
        _last?.LeaveUnlessKept();
        _last = null;
        while (true)
        {
            if (Options.Order == GroupOrder.Sequence)
            {
                _sorter ??= new GroupSorter(_cursor);
                ChangeOrder(isInOrder: true);
                if (await _sorter.NextAsync(cancellationToken).ConfigureAwait(false) is not { } sorted || !IsNeeded(sorted))
                    break;
                return Given(sorted);
            }

            // Groups that waited for their turn when the order was changed are returned first.
            if (_sorter is not null && _sorter.TryTake(out var group))
            {
                if (IsNeeded(group))
                    return Given(group);
                continue;
            }

            ChangeOrder(isInOrder: false);
            if (_cursor.TryNext(out group))
            {
                if (IsNeeded(group))
                    return Given(group);
                continue;
            }

            if (!await _cursor.WaitAsync(cancellationToken).ConfigureAwait(false))
                break;
        }

        ThrowIfDisposed();
        _cursor.OnTakenAll();
        ThrowIfMissed();
        End();
        return null;
    }

    /// <summary>Determines whether the reader needs a group. A group behind the last one that it needs is released.</summary>
    private bool IsNeeded(GroupConsumer group)
    {
        if (group.Sequence <= (Options.End ?? ulong.MaxValue))
            return true;
        group.Dispose();
        return false;
    }

    /// <summary>
    /// Changes the order. Arrival order and sequence order count missed groups differently: the count so far is kept, and the new order
    /// counts from here on.
    /// </summary>
    private void ChangeOrder(bool isInOrder)
    {
        if (_isInOrder == isInOrder)
            return;
        if (isInOrder && _highest is { } highest)
            _sorter!.BeginAt(highest + 1);
        lock (_counting)
        {
            // If nothing has been read, sequence order counts what was missed before as well.
            if (!isInOrder || _highest is not null)
                _skippedBefore += Counted - _countedFrom;
            _isInOrder = isInOrder;
            _countedFrom = Counted;
        }
    }

    private GroupConsumer Given(GroupConsumer group)
    {
        _highest = group.Sequence > _highest ? group.Sequence : _highest ?? group.Sequence;
        // A later call of Dispose finds the group here. An earlier call has not seen the group, which is handled next.
        Interlocked.Exchange(ref _last, group);
        ThrowIfDisposed();
        ThrowIfMissed();
        return group;
    }

    private void ThrowIfMissed()
    {
        if (Options.MissedGroupPolicy != MissedGroupPolicy.Fail || Skipped <= 0)
            return;
        var missed = Skipped;
        Dispose();
        throw new MoqStreamException(
            MoqErrorCode.Evicted,
            $"The reading of track '{_track.Name}' has missed {missed} groups. Read faster, or accept that groups are skipped.");
    }

    private void ThrowIfDisposed()
    {
        if (Volatile.Read(ref _isOver) != 1)
            return;
        _last?.Dispose();
        _sorter?.Dispose();
        throw new ObjectDisposedException(
            nameof(TrackReader), $"The reading of track '{_track.Name}' was disposed while it waited for a group.");
    }

    private void End()
    {
        if (Interlocked.CompareExchange(ref _isOver, 2, 0) != 0)
            return;
        // Groups behind the last one that is needed may wait for their turn.
        _sorter?.Dispose();
        _cursor.LeaveWhenRead();
        _track.OnClosed(this);
    }
}
