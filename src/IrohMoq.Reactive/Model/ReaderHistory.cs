using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// The last readers of a track that joined or ended. It is bounded, and shared by all listeners: one that is too slow skips the oldest
/// entries and gets their number.
/// </summary>
internal sealed class ReaderHistory(TrackState track)
{
    /// <summary>The maximum number of entries.</summary>
    public const int Capacity = 256;

    private readonly Queue<TrackReaderInfo> _entries = new();
    private readonly List<Signal> _listeners = [];
    private long _dropped;
    private long _lastNumber;
    private bool _isOver;

    /// <summary>Gets the readers that have ended, as far as they are kept. Under the track's lock.</summary>
    public IEnumerable<TrackReaderInfo> Ended => _entries.Where(static entry => entry.End is not null);

    private long End => _dropped + _entries.Count;

    /// <summary>Notes that a reader has joined. Under the track's lock.</summary>
    public void OnJoined(TrackCursor reader)
    {
        reader.Number = ++_lastNumber;
        Add(InfoOf(reader, null));
    }

    /// <summary>Notes how a reader ended. Under the track's lock.</summary>
    public void OnEnded(TrackCursor reader, TrackReaderEnd end) => Add(InfoOf(reader, end));

    /// <summary>Notes that no reader joins any more. Under the track's lock.</summary>
    public void Close()
    {
        if (_isOver)
            return;
        _isOver = true;
        Wake();
    }

    /// <summary>Returns what is known of a reader now. Under the track's lock.</summary>
    public static TrackReaderInfo InfoOf(TrackCursor reader, TrackReaderEnd? end) =>
        new(reader.Number, reader.IsForPeer, reader.PeerId, reader.TakenGroups, end);

    /// <summary>
    /// Reads the readers that are here now, then each one that joins or ends. It ends when no reader can join and none is left.
    /// </summary>
    public async IAsyncEnumerable<TrackReaderEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changed = new Signal(track.Runtime);
        TrackReaderInfo[] present;
        long next;
        lock (track.Gate)
        {
            present = [.. track.Readers.Infos()];
            next = End;
            _listeners.Add(changed);
        }

        try
        {
            foreach (var reader in present)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return new TrackReaderEvent(reader, 0);
            }

            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                bool isOver;
                TrackReaderEvent? change;
                lock (track.Gate)
                {
                    isOver = _isOver && track.Readers.Count == 0;
                    change = TakeNext(ref next);
                }

                if (change is not null)
                    yield return change;
                else if (isOver)
                    yield break;
                else
                    await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (track.Gate)
                _listeners.Remove(changed);
        }
    }

    private TrackReaderEvent? TakeNext(ref long next)
    {
        if (next >= End)
            return null;
        var skipped = Math.Max(0, _dropped - next);
        next += skipped;
        return new TrackReaderEvent(_entries.ElementAt((int)(next++ - _dropped)), skipped);
    }

    private void Add(TrackReaderInfo entry)
    {
        if (_entries.Count == Capacity)
        {
            _entries.Dequeue();
            _dropped++;
        }

        _entries.Enqueue(entry);
        Wake();
    }

    private void Wake()
    {
        foreach (var listener in _listeners)
            listener.Set();
    }
}
