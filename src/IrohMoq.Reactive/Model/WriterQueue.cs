using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Writers of a lossless track that wait for room, first come first served, and the patience they have: a reader that takes nothing for too long while they wait is cut off.
/// </summary>
internal sealed class WriterQueue(TrackProducer track, TrackReaders readers) : IDisposable
{
    private readonly LinkedList<Writer> _waiting = [];
    private ITimer? _patience;

    /// <summary>True while somebody waits. Under the track's lock.</summary>
    public bool IsAny => _waiting.Count > 0;

    /// <summary>Waits until it is this writer's turn and there is room; for a group to come if the group is null.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync(GroupProducer? group, CancellationToken cancellationToken)
    {
        var room = track.Signals.Rent();
        var writer = new LinkedListNode<Writer>(new Writer(group, room));
        lock (track.Gate)
            _waiting.AddLast(writer);
        try
        {
            while (!TryGoOn(writer))
                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (track.Gate)
            {
                if (writer.List is not null)
                    _waiting.Remove(writer);
                // The next one may go on as well, also where this one has given up.
                WakeFirst();
            }

            track.Signals.Return(room);
        }
    }

    /// <summary>There may be room for the first. Under the track's lock.</summary>
    public void WakeFirst() => _waiting.First?.Value.Room.Set();

    /// <summary>Something has changed for a group or the track: all of its writers look again. Under the track's lock.</summary>
    public void WakeAll(GroupProducer? group = null)
    {
        foreach (var writer in _waiting)
        {
            if (group is null || writer.Group == group)
                writer.Room.Set();
        }
    }

    /// <summary>The track is over. Under the track's lock.</summary>
    public void Dispose()
    {
        _patience?.Dispose();
        WakeAll();
    }

    private bool TryGoOn(LinkedListNode<Writer> writer)
    {
        lock (track.Gate)
        {
            // Who can only fail has no turn to wait for.
            if (track.IsWriteOver(writer.Value.Group))
                return true;
            // Those before it wait for readers that wait for this very group.
            if (_waiting.First != writer)
                return writer.Value.Group is { IsAwaited: true } group && track.HasRoomAgain(group);
            TimeSpan patience;
            do
            {
                if (track.HasRoomAgain(writer.Value.Group))
                    return true;
            }
            while (CutOffLate(out patience));

            // One timer for all who wait: when it is due, the first looks again who is late.
            _patience ??= track.Runtime.CreateTimer(static queue => ((WriterQueue)queue!).OnPatienceOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _patience.Change(patience, Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    private bool CutOffLate(out TimeSpan patience)
    {
        if (!readers.CutOffLate(out patience))
            return false;
        track.OnCutOff();
        return true;
    }

    private void OnPatienceOver()
    {
        lock (track.Gate)
            WakeFirst();
    }

    private readonly record struct Writer(GroupProducer? Group, Signal Room);
}
