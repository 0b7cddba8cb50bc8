using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the subscriptions of the peer that are being served, and the subscriptions of this side that the peer has ended, and allows
/// waiting until the finished tracks are delivered and the peer knows which of its tracks were read. Tracks that are not finished, or that
/// are still being read, are not waited for. This type is thread-safe.
/// </summary>
internal sealed class ServedTracks(Runtime runtime)
{
    private readonly Lock _gate = new();
    // Created on demand, because an idle connection has none.
    private HashSet<Served>? _served;
    private WaitingSignals _waiters;

    /// <summary>
    /// Gets a value indicating whether a track is finished and a subscriber has not received or read it to its end, or has not told that
    /// it has.
    /// </summary>
    public bool HasUndelivered
    {
        get
        {
            Served[] served;
            lock (_gate)
                served = _served is null ? [] : [.. _served];
            return Array.Exists(served, static one => one.IsFinished);
        }
    }

    /// <summary>Adds a subscription. Dispose the result when the peer has received everything or has canceled the subscription.</summary>
    public IDisposable Add(TrackState track) => Add(new Served(this, track, isRead: false));

    /// <summary>
    /// Adds a subscription of this side that the peer has ended. Dispose the result when the peer has received the end of this side,
    /// which tells that the readers have received everything.
    /// </summary>
    public IDisposable AddRead(TrackState track) => Add(new Served(this, track, isRead: true));

    /// <summary>Determines whether the peer is subscribed to the given track.</summary>
    public bool Serves(TrackState track)
    {
        lock (_gate)
            return _served is not null && _served.Any(one => one.Track == track && !one.IsRead);
    }

    /// <summary>Waits until every finished track is delivered. Several callers may wait at the same time.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask WaitUntilDeliveredAsync(CancellationToken cancellationToken)
    {
        var changed = new Signal(runtime);
        lock (_gate)
            _waiters.Add(changed);
        try
        {
            while (HasUndelivered)
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(changed);
        }
    }

    private Served Add(Served served)
    {
        lock (_gate)
            (_served ??= []).Add(served);
        return served;
    }

    private void Remove(Served served)
    {
        lock (_gate)
        {
            _served?.Remove(served);
            _waiters.SetAll();
        }
    }

    private sealed class Served(ServedTracks owner, TrackState track, bool isRead) : IDisposable
    {
        public TrackState Track => track;

        /// <summary>Gets a value indicating whether the readers of the track are on this side.</summary>
        public bool IsRead => isRead;

        public bool IsFinished
        {
            get
            {
                lock (track.Gate)
                    return track.End is { Failure: null } && !(isRead && track.Readers.Count > 0);
            }
        }

        public void Dispose() => owner.Remove(this);
    }
}
