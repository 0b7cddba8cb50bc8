using System.Reactive.Concurrency;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Provides the demand for a track as observables, for example to produce data only while there is a reader.</summary>
public static class TrackProducerObservables
{
    /// <summary>
    /// Returns the number of readers of the track: the current number, and then the number after every change. The observable is cold.
    /// A slow observer receives only the newest number. The observable completes when the track has ended (aborted, or finished and
    /// then disposed or its broadcast ended) and its last reader has left, after it has reported 0. It never fails.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the track's runtime.</param>
    public static IObservable<int> SubscriberCounts(this TrackProducer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return new PulledObservable<int>(track.ReaderCount.ReadAsync, scheduler ?? RuntimeSchedulers.Of(track.Runtime), track.Runtime);
    }

    /// <summary>
    /// Returns the readers of the track: the current readers, reported as readers that have joined, and then each reader that joins or
    /// ends, and how the reader ended. The observable is cold. A slow observer receives the number of missed events with the next
    /// event. The observable completes like <see cref="SubscriberCounts"/>, and never fails.
    /// </summary>
    /// <param name="track">The track.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the track's runtime.</param>
    public static IObservable<TrackReaderEvent> ReaderEvents(this TrackProducer track, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(track);
        return new PulledObservable<TrackReaderEvent>(
            track.ReadReaderEventsAsync, scheduler ?? RuntimeSchedulers.Of(track.Runtime), track.Runtime);
    }
}
