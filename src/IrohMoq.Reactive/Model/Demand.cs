using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Provides the waits of a track's producer: until the track has readers, or until it has none.</summary>
internal sealed class Demand(TrackState track, TrackReaders readers, TrackRetention retention)
{
    private WaitingSignals _waiting;

    /// <summary>Waits until the track has a reader or a reader has joined since the call. Throws if no reader can join any more.</summary>
    public ValueTask WaitForReaderAsync(CancellationToken cancellationToken) => WaitUntilAsync(
        static (self, arrivals) => self.Readers.Count > 0 || self.Readers.Arrivals != arrivals || self.ThrowIfGivenUp(), cancellationToken);

    /// <summary>
    /// Waits until the track has at least the specified number of readers at the same time. Throws if no reader can join any more.
    /// </summary>
    public ValueTask WaitForReadersAsync(int count, CancellationToken cancellationToken) =>
        WaitUntilAsync((self, _) => self.Readers.Count >= count || self.ThrowIfGivenUp(), cancellationToken);

    /// <summary>Waits until the track has no reader.</summary>
    public ValueTask WaitForNoReaderAsync(CancellationToken cancellationToken) =>
        WaitUntilAsync(static (self, _) => self.Readers.Count == 0, cancellationToken);

    /// <summary>Makes every waiter check its condition again. The caller must hold the lock of the track.</summary>
    public void Wake() => _waiting.SetAll();

    private TrackReaders Readers => readers;

    /// <returns>Always false, which continues the wait.</returns>
    private bool ThrowIfGivenUp() =>
        track.End is { } end && retention.IsGivenUp(end) ? throw end.ToException(track.Name) : false;

    private async ValueTask WaitUntilAsync(Func<Demand, long, bool> condition, CancellationToken cancellationToken)
    {
        var changed = new Signal(track.Runtime);
        long arrivals;
        lock (track.Gate)
            arrivals = readers.Arrivals;
        try
        {
            while (true)
            {
                lock (track.Gate)
                {
                    _waiting.Remove(changed);
                    if (condition(this, arrivals))
                        return;
                    _waiting.Add(changed);
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            lock (track.Gate)
                _waiting.Remove(changed);
        }
    }
}
