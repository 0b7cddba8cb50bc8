using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Waits of a track's producer for somebody to read it, and for nobody.</summary>
internal sealed class Demand(TrackProducer track, TrackReaders readers)
{
    private readonly List<Signal> _waiting = [];

    /// <summary>Waits until there is a reader, or has been one meanwhile; fails if nobody will come any more.</summary>
    public ValueTask WaitForSomebodyAsync(CancellationToken cancellationToken) => WaitUntilAsync(
        static (self, arrivals) =>
        {
            if (self.Readers.Count > 0 || self.Readers.Arrivals != arrivals)
                return true;
            return self.Track.End is { } end && self.Track.IsGivenUp(end) ? throw self.Track.Over(end) : false;
        },
        cancellationToken);

    /// <summary>Waits until so many read at one time; fails if nobody will come any more.</summary>
    public ValueTask WaitForSeveralAsync(int count, CancellationToken cancellationToken) => WaitUntilAsync(
        (self, _) => self.Readers.Count >= count || (self.Track.End is { } end && self.Track.IsGivenUp(end) ? throw self.Track.Over(end) : false),
        cancellationToken);

    public ValueTask WaitForNobodyAsync(CancellationToken cancellationToken) =>
        WaitUntilAsync(static (self, _) => self.Readers.Count == 0, cancellationToken);

    /// <summary>Lets all of them look again. Under the track's lock.</summary>
    public void Wake()
    {
        foreach (var waiter in _waiting)
            waiter.Set();
    }

    private TrackProducer Track => track;

    private TrackReaders Readers => readers;

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
