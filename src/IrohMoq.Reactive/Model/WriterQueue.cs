using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Writers of a lossless track that wait for room, and the patience they have: a reader that takes nothing for too long while they wait is cut off.
/// </summary>
internal sealed class WriterQueue(TrackProducer track, TrackReaders readers) : IDisposable
{
    private readonly List<Signal> _waiting = [];
    private ITimer? _patience;

    /// <summary>Waits until writing may go on; for a group to come if the group is null.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync(GroupProducer? group, CancellationToken cancellationToken)
    {
        var room = track.Signals.Rent();
        try
        {
            while (!TryGoOn(group, room))
                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (track.Gate)
                _waiting.Remove(room);
            track.Signals.Return(room);
        }
    }

    /// <summary>Lets all of them look again. Under the track's lock.</summary>
    public void Wake()
    {
        foreach (var writer in _waiting)
            writer.Set();
    }

    /// <summary>The track is over. Under the track's lock.</summary>
    public void Dispose() => _patience?.Dispose();

    private bool TryGoOn(GroupProducer? group, Signal room)
    {
        lock (track.Gate)
        {
            _waiting.Remove(room);
            TimeSpan patience;
            do
            {
                if (group is null ? track.MayAppend : track.MayWrite(group))
                    return true;
            }
            while (CutOffLate(out patience));

            _waiting.Add(room);
            // One timer for all who wait: when it is due, each looks again who is late.
            _patience ??= track.Turns.CreateTimer(static queue => ((WriterQueue)queue!).OnPatienceOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _patience.Change(patience, Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    private bool CutOffLate(out TimeSpan patience)
    {
        if (!readers.CutOffLate(track.Cache, out patience))
            return false;
        track.OnCutOff();
        return true;
    }

    private void OnPatienceOver()
    {
        lock (track.Gate)
            Wake();
    }
}
