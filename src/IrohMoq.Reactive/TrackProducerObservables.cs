using System.Reactive.Concurrency;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>The demand for a track, as an observable: to produce only while there is a reader, or to show how many there are.</summary>
public static class TrackProducerObservables
{
    /// <summary>
    /// Returns the number of readers of the track: the number now, then after every change. Cold. A slow observer gets the newest number.
    /// Completes when the track has ended (aborted, or finished and then disposed or its broadcast ended) and its last reader has left,
    /// which is reported as 0 first. Never fails.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the track's clock.</param>
    public static IObservable<int> SubscriberCounts(this TrackProducer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return new PulledObservable<int>(track.ReaderCount.ReadAsync, scheduler ?? RuntimeSchedulers.Of(track.Runtime), track.Runtime);
    }

    /// <summary>
    /// Returns the readers of the track: those that read now, as readers that have joined, then each one that joins or ends, and how it
    /// ended. Cold. A slow observer gets the number of events that it missed with the next one. Completes as <see cref="SubscriberCounts"/>
    /// does. Never fails.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the track's clock.</param>
    public static IObservable<TrackReaderEvent> ReaderEvents(this TrackProducer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return new PulledObservable<TrackReaderEvent>(
            track.ReadReaderEventsAsync, scheduler ?? RuntimeSchedulers.Of(track.Runtime), track.Runtime);
    }
}
