using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>
/// One reading of a track: its groups one by one, and what the reader wants, which may change meanwhile. One read at a time; the options,
/// <see cref="Skipped"/> and <see cref="Dispose"/> may be used from any thread.
/// </summary>
public sealed class TrackReader : IDisposable
{
    private readonly TrackConsumer _track;
    private readonly TrackCursor _cursor;
    private GroupSorter? _sorter;
    private GroupConsumer? _last;
    // What was missed before the order was changed for the last time, and how far the counts were then.
    private readonly Lock _counting = new();
    private long _skippedBefore;
    private long _countedFrom;
    private ulong? _highest;
    private bool _isInOrder;
    private int _isOver;

    internal TrackReader(TrackConsumer track, TrackCursor cursor)
    {
        _track = track;
        _cursor = cursor;
    }

    /// <summary>
    /// What the reader wants. Setting it changes it for the groups that are read from then on, and tells a remote publisher. The start
    /// cannot be changed.
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

    /// <summary>How many groups this reader has missed so far, wherever they were lost.</summary>
    public long Skipped
    {
        get
        {
            lock (_counting)
                return _skippedBefore + Counted - _countedFrom;
        }
    }

    private long Counted => _isInOrder ? _sorter!.Missed : _cursor.Skipped;

    /// <summary>Reads the next group. It gives the last one back unless that was kept by <see cref="GroupConsumer.Keep"/>.</summary>
    /// <param name="cancellationToken">Ends the wait; the next read goes on at the same place.</param>
    /// <returns>Null at the end of the track.</returns>
    /// <exception cref="ObjectDisposedException">The reader was disposed, before or meanwhile.</exception>
    /// <exception cref="MoqStreamException">
    /// The track is unknown, refused or was given up, or no longer serves this reader; the code tells.
    /// </exception>
    /// <exception cref="MoqSessionClosedException">The session ended. What had arrived was delivered before.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<GroupConsumer?> ReadGroupAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isOver) == 1, this);
        cancellationToken.ThrowIfCancellationRequested();
        _last?.LeaveUnlessKept();
        _last = null;
        while (true)
        {
            if (Options.Order == GroupOrder.Sequence)
            {
                _sorter ??= new GroupSorter(_cursor);
                ChangeOrder(isInOrder: true);
                if (await _sorter.NextAsync(cancellationToken).ConfigureAwait(false) is not { } sorted)
                    break;
                return Given(sorted);
            }

            // What was waiting for its turn when the order was changed comes first.
            if (_sorter is not null && _sorter.TryTake(out var group))
                return Given(group);
            ChangeOrder(isInOrder: false);
            if (_cursor.TryNext(out group))
                return Given(group);
            if (!await _cursor.WaitAsync(cancellationToken).ConfigureAwait(false))
                break;
        }

        ThrowIfDisposed();
        End();
        return null;
    }

    /// <summary>Ends the reading: gives the subscription back, and the last group unless that was kept. Again changes nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
            return;
        _last?.LeaveUnlessKept();
        _sorter?.Dispose();
        _cursor.Dispose();
        _track.OnClosed(this);
    }

    /// <summary>
    /// The two orders count in their own ways what is missed: what one has counted stays, and the other goes on from here.
    /// </summary>
    private void ChangeOrder(bool isInOrder)
    {
        if (_isInOrder == isInOrder)
            return;
        if (isInOrder && _highest is { } highest)
            _sorter!.BeginAt(highest + 1);
        lock (_counting)
        {
            _skippedBefore += Counted - _countedFrom;
            _isInOrder = isInOrder;
            _countedFrom = Counted;
        }
    }

    private GroupConsumer Given(GroupConsumer group)
    {
        _highest = group.Sequence > _highest ? group.Sequence : _highest ?? group.Sequence;
        // Whoever disposes from now on finds it here; who has done so meanwhile has not.
        Interlocked.Exchange(ref _last, group);
        ThrowIfDisposed();
        return group;
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
        _cursor.LeaveWhenRead();
        _track.OnClosed(this);
    }
}
