using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>
/// One reading of a track: its groups one by one, and what the reader wants, which may change meanwhile. One read at a time; the options, <see cref="Skipped"/> and <see cref="Dispose"/> may be used from any thread.
/// </summary>
public sealed class TrackReader : IDisposable
{
    private readonly TrackConsumer _track;
    private readonly TrackCursor _cursor;
    private GroupSorter? _sorter;
    private GroupConsumer? _last;
    private long _skippedInOrder;
    private long _taken;
    private ulong? _highest;
    private volatile bool _isInOrder;
    private int _isOver;

    internal TrackReader(TrackConsumer track, TrackCursor cursor)
    {
        _track = track;
        _cursor = cursor;
    }

    /// <summary>What the reader wants. Setting it changes it for the groups that are read from then on, and tells a remote publisher. The start cannot be changed.</summary>
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
    public long Skipped => _isInOrder ? Interlocked.Read(ref _skippedInOrder) : _cursor.Skipped;

    /// <summary>Reads the next group. It gives the last one back unless that was kept by <see cref="GroupConsumer.Keep"/>.</summary>
    /// <param name="cancellationToken">Ends the wait; the next read goes on at the same place.</param>
    /// <returns>Null at the end of the track.</returns>
    /// <exception cref="ObjectDisposedException">The reader was disposed.</exception>
    /// <exception cref="MoqStreamException">The track is unknown, refused or was given up, or no longer serves this reader; the code tells.</exception>
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
                BeginOrder();
                if (await _sorter!.NextAsync(cancellationToken).ConfigureAwait(false) is not { } sorted)
                    break;
                Interlocked.Add(ref _skippedInOrder, sorted.Skipped);
                return Take(sorted);
            }

            _isInOrder = false;
            // What was waiting for its turn when the order was changed comes first.
            if ((_sorter is not null && _sorter.TryTake(out var group)) || _cursor.TryNext(out group))
                return Take(group);
            if (!await _cursor.WaitAsync(cancellationToken).ConfigureAwait(false))
                break;
        }

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

    private GroupConsumer Take(GroupConsumer group)
    {
        _taken++;
        if (_highest is not { } highest || group.Sequence > highest)
            _highest = group.Sequence;
        return _last = group;
    }

    /// <summary>From now on in sequence order: it begins behind what has been read in another one, of which is missed what was not read.</summary>
    private void BeginOrder()
    {
        if (_isInOrder)
            return;
        _sorter ??= new GroupSorter(_cursor);
        if (_highest + 1 is { } next)
        {
            _sorter.BeginAt(next);
            Interlocked.Exchange(ref _skippedInOrder, _cursor.FromNow is { } from && from < next ? Math.Max(0, (long)(next - from) - _taken) : _cursor.Skipped);
        }

        _isInOrder = true;
    }

    private void End()
    {
        if (Interlocked.CompareExchange(ref _isOver, 2, 0) != 0)
            return;
        _cursor.LeaveWhenRead();
        _track.OnClosed(this);
    }
}
