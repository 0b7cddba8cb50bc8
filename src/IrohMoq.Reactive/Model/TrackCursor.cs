using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// One reader's place in a track: every group once, in the order they came. It belongs to the track, not to the cache: what was dropped
/// before it was read is counted, and the reader goes on at the oldest that is left.
/// </summary>
internal sealed class TrackCursor : IDisposable
{
    private readonly TrackProducer _track;
    private readonly Signal _more;
    private readonly ulong _firstSequence;
    private long _next;
    private int _openGroups;
    private bool _left;
    private bool _gone;

    internal TrackCursor(TrackProducer track, long next, ulong firstSequence, long now)
    {
        _track = track;
        _next = next;
        _firstSequence = firstSequence;
        _more = new Signal(track.Turns);
        LastProgress = now;
    }

    /// <summary>Groups that were dropped before this reader took them.</summary>
    internal long Skipped { get; private set; }

    /// <summary>When this reader last took something. Under the lock.</summary>
    internal long LastProgress { get; private set; }

    /// <summary>Why the track does not serve this reader any more. Under the lock.</summary>
    internal MoqErrorCode? CutOff { get; private set; }

    /// <summary>True if writing waits for this reader.</summary>
    internal bool IsLossless => _track.Options.Lossless;

    /// <summary>True while the reader has taken every group there is. Under the lock.</summary>
    internal bool IsAtEnd => _next >= _track.Cache.End;

    /// <summary>True while the reader has taken groups that it has not read to their ends or given back. Under the lock.</summary>
    internal bool HasOpenGroups => _openGroups > 0;

    /// <summary>True if this reader will not ask for the group at this index any more. Under the lock.</summary>
    internal bool HasPassed(long index) => _next > index || _left;

    /// <summary>Takes the next group if there is one.</summary>
    internal bool TryNext(out GroupConsumer group)
    {
        lock (_track.Gate)
        {
            group = null!;
            if (_left || CutOff is not null)
                return false;
            for (var index = _track.Cache.Next(_next); index < _track.Cache.End; index = _track.Cache.Next(_next))
            {
                Skipped += index - _next;
                _next = index + 1;
                var producer = _track.Cache[index]!;
                if (producer.Sequence < _firstSequence)
                    continue;
                _openGroups++;
                group = producer.Attach(this);
                _track.OnProgress(this);
                return true;
            }

            Skipped += _track.Cache.End - _next;
            _next = _track.Cache.End;
            _track.OnProgress(this);
            return false;
        }
    }

    /// <summary>Waits until there is another group.</summary>
    /// <returns>False at the end of the track.</returns>
    /// <exception cref="MoqStreamException">The track was aborted, or this reader was cut off; the code tells.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_track.Gate)
            {
                if (CutOff is { } code)
                    throw new MoqStreamException(code, $"Track '{_track.Name}' no longer serves this reader: code {code}.");
                if (_left)
                    return false;
                if (!IsAtEnd)
                    return true;
                if (_track.End is { } end)
                    return end.Failure is { } failure ? throw failure() : false;
            }

            await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the next change of any kind, also for a <see cref="Wake"/>; it may be woken for nothing.</summary>
    internal ValueTask ChangedAsync(CancellationToken cancellationToken) => _more.WaitAsync(cancellationToken);

    /// <summary>True if no group will follow.</summary>
    /// <param name="failure">Why, unless the track ended normally.</param>
    internal bool IsOver(out MoqException? failure)
    {
        lock (_track.Gate)
        {
            failure = null;
            if (CutOff is { } code)
                failure = new MoqStreamException(code, $"Track '{_track.Name}' no longer serves this reader: code {code}.");
            else if (!IsAtEnd || _track.End is null)
                return false;
            else
                failure = _track.End.Failure?.Invoke();
            return true;
        }
    }

    /// <summary>Wakes whoever waits; it may be for nothing.</summary>
    internal void Wake() => _more.Set();

    /// <summary>Under the lock.</summary>
    internal void Touch() => LastProgress = _track.Turns.GetTimestamp();

    /// <summary>Under the lock: serves this reader no more.</summary>
    internal void Cut(MoqErrorCode code)
    {
        CutOff = code;
        _more.Set();
    }

    /// <summary>Leaves the track for good. Groups that were taken can still be read.</summary>
    public void Dispose()
    {
        lock (_track.Gate)
        {
            _left = true;
            _more.Set();
            Go();
        }
    }

    /// <summary>Takes no more groups, but counts as a reader until those taken are read to their end or given back.</summary>
    internal void LeaveWhenRead()
    {
        lock (_track.Gate)
        {
            _left = true;
            if (_openGroups == 0)
                Go();
        }
    }

    /// <summary>Under the lock.</summary>
    internal void OnGroupEnded()
    {
        Touch();
        if (--_openGroups == 0 && _left)
            Go();
    }

    private void Go()
    {
        if (_gone)
            return;
        _gone = true;
        _track.Remove(this);
    }
}
