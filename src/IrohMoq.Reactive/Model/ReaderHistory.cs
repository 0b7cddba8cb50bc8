using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Keeps the latest joins and ends of readers of a track. The list is bounded and shared by all listeners; a listener that is too slow
/// skips the oldest entries and receives the number of skipped ones.
/// </summary>
internal sealed class ReaderHistory(TrackState track)
{
    /// <summary>The maximum number of entries that are kept.</summary>
    public const int Capacity = 256;

    private readonly Queue<TrackReaderInfo> _entries = new();
    private readonly List<Signal> _listeners = [];
    private long _dropped;
    private long _lastNumber;
    private bool _isOver;

    /// <summary>Gets the readers that have ended and whose entries are still kept. The caller must hold the lock of the track.</summary>
    public IEnumerable<TrackReaderInfo> Ended => _entries.Where(static entry => entry.End is not null);

    private long End => _dropped + _entries.Count;

    /// <summary>Records that a reader has joined. The caller must hold the lock of the track.</summary>
    public void OnJoined(TrackCursor reader)
    {
        reader.Number = ++_lastNumber;
        Add(InfoOf(reader, null));
    }

    /// <summary>Records how a reader ended. The caller must hold the lock of the track.</summary>
    public void OnEnded(TrackCursor reader, TrackReaderEnd end) => Add(InfoOf(reader, end));

    /// <summary>Records that no further reader can join. The caller must hold the lock of the track.</summary>
    public void Close()
    {
        if (_isOver)
            return;
        _isOver = true;
        Wake();
    }

    /// <summary>Returns a description of the current state of a reader. The caller must hold the lock of the track.</summary>
    public static TrackReaderInfo InfoOf(TrackCursor reader, TrackReaderEnd? end) =>
        new(reader.Number, reader.IsForPeer, reader.Peer?.Id ?? default, reader.TakenGroups, end);

    /// <summary>
    /// Returns the current readers, then each reader that joins or ends. The sequence ends when no reader can join any more and none is
    /// left.
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
