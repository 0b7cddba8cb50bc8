using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Reads one group from its first frame. It holds the group's memory until it has been read to the end or disposed:
/// dispose a group that you do not read to its end. One reader at a time.
/// </summary>
public sealed class GroupConsumer : IDisposable
{
    private const long MostLeft = 512 << 10;

    private readonly GroupProducer _group;
    private Signal? _more;
    private BlockSlice _current;
    private int _next;
    private long _taken;
    private long _step;
    private bool _ended;
    private MoqErrorCode? _cutOff;

    internal GroupConsumer(GroupProducer group, TrackCursor? cursor)
    {
        _group = group;
        Cursor = cursor;
    }

    /// <summary>The group's number in its track. Numbers grow, but groups may arrive in any order and numbers may be missing.</summary>
    public ulong Sequence => _group.Sequence;

    /// <summary>The reader of the track that took it.</summary>
    internal TrackCursor? Cursor { get; }

    /// <summary>True while the reader has taken all there is and waits for more. Under the track's lock.</summary>
    internal bool IsStarving => !_ended && _next == _group.FrameCount;

    /// <summary>True while the reader waits for a frame that is not written yet. Under the track's lock.</summary>
    internal bool IsWaiting => _more is not null && IsStarving && _group.IsOpen;

    /// <summary>
    /// True while so little is left for the reader that it soon waits for more: a writer that is held back by a full cache goes on then, and not only when nothing is left, because the two would go on
    /// frame by frame, each waiting for the other. Under the track's lock.
    /// </summary>
    internal bool IsHungry => !_ended && _group.Cost - _taken <= Math.Min(MostLeft, _group.Track.Options.MaxCachedBytes / 8);

    /// <summary>Reads the frames in order, waiting for those that are not written yet. Each frame is valid until the next step.</summary>
    /// <param name="cancellationToken">Ends the reading; the group can be read on.</param>
    /// <exception cref="MoqStreamException">The group was given up by its producer, or dropped because this reader was too slow; its code tells. The track goes on.</exception>
    public IAsyncEnumerable<Frame> ReadFramesAsync(CancellationToken cancellationToken = default) => new FrameReader(this, cancellationToken);

    /// <summary>Why the group was given up, or null; also null for a reader that had read it whole before.</summary>
    internal MoqErrorCode? AbortCode
    {
        get
        {
            lock (_group.Gate)
                return _cutOff ?? (_ended || HasReadWhole ? null : _group.AbortCode);
        }
    }

    /// <summary>When the group began, by the track's clock.</summary>
    internal long CreatedAt => _group.CreatedAt;

    /// <summary>Gives the group back; nothing more can be read from it. Again changes nothing.</summary>
    public void Dispose()
    {
        lock (_group.Gate)
            End();
    }

    internal bool IsAt(long step) => Volatile.Read(ref _step) == step;

    /// <summary>Takes the next frame if it is there. It is held until the next call, or until the group is given back.</summary>
    internal bool TryRead(out BlockSlice slice)
    {
        lock (_group.Gate)
        {
            LetGoOfCurrent();
            if (_ended || !_group.TryGetFrame(_next, out slice))
            {
                slice = default;
                return false;
            }

            slice.Block.Retain();
            _current = slice;
            _next++;
            _taken += slice.Length + GroupCache.FrameCost;
            if (IsHungry)
                _group.Track.OnProgress(Cursor);
            else
                Cursor?.Touch();
            return true;
        }
    }

    /// <summary>The same as a frame that knows when it is over.</summary>
    internal bool TryReadFrame(out Frame frame)
    {
        var isThere = TryRead(out var slice);
        frame = isThere ? new Frame(this, _step, slice) : default;
        return isThere;
    }

    /// <summary>Waits until there is more to read.</summary>
    /// <returns>False at the end of the group, which gives it back.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_group.Gate)
            {
                if (_cutOff is { } cut)
                    throw new MoqStreamException(cut, $"Group {Sequence} of track '{_group.Track.Name}' no longer serves this reader: code {cut}.");
                if (_ended)
                    return false;
                if (_group.TryGetFrame(_next, out _))
                    return true;
                if (HasReadWhole || (_group.IsFinished && _group.AbortCode is null))
                {
                    End();
                    return false;
                }

                if (_group.AbortCode is { } code)
                {
                    End();
                    throw new MoqStreamException(code, $"Group {Sequence} of track '{_group.Track.Name}' ended before its end, with code {code}.", _group.IsAbortedByPeer);
                }

                _more = _group.Track.Signals.Rent();
                // A reader that waits for more may be what a full cache waits for.
                _group.Track.OnProgress(Cursor);
            }

            var more = _more;
            try
            {
                await more.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                lock (_group.Gate)
                    _more = null;
                _group.Track.Signals.Return(more);
            }
        }
    }

    /// <summary>Under the track's lock.</summary>
    internal void Wake() => _more?.Set();

    /// <summary>Under the track's lock.</summary>
    internal void CutOff(MoqErrorCode code)
    {
        _cutOff = code;
        End();
    }

    private bool HasReadWhole => _group.IsFinished && _next == _group.FrameCount;

    private void End()
    {
        LetGoOfCurrent();
        if (_ended)
            return;
        _ended = true;
        _more?.Set();
        _group.Detach(this);
        Cursor?.OnGroupEnded();
    }

    private void LetGoOfCurrent()
    {
        Volatile.Write(ref _step, _step + 1);
        _current.Block?.Release();
        _current = default;
    }
}
