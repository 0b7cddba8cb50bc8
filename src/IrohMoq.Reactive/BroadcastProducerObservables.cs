using System.Reactive.Concurrency;
using System.Reactive.Linq;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Provides the demand for a broadcast and the requests of its tracks as observables.</summary>
public static class BroadcastProducerObservables
{
    /// <summary>
    /// Returns the total number of readers of all tracks of the broadcast: the current number, and then the number after every change.
    /// A reader of two tracks counts twice. The observable is cold. A slow observer receives only the newest number. The observable
    /// completes when the broadcast has ended and its last reader has left, after it has reported 0. It never fails.
    /// </summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="scheduler">
    /// The scheduler on which the observer is called, or null for the scheduler of the broadcast's runtime.
    /// </param>
    public static IObservable<int> SubscriberCounts(this BroadcastProducer broadcast, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return new PulledObservable<int>(
            broadcast.ReaderCount.ReadAsync, scheduler ?? RuntimeSchedulers.Of(broadcast.Runtime), broadcast.Runtime);
    }

    /// <summary>
    /// Returns the requests for tracks of the broadcast that do not exist, as <see cref="BroadcastProducer.OpenTrackRequests"/> does.
    /// Requests are accepted as long as the observable has a subscriber: subscribe before the broadcast is published. Several subscribers
    /// share the requests, and each request is delivered to one of them. The observable completes when the broadcast ends; the subscription
    /// to a broadcast that has ended throws.
    /// </summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="scheduler">
    /// The scheduler on which the observer is called, or null for the scheduler of the broadcast's runtime.
    /// </param>
    public static IObservable<PendingTrack> TrackRequests(this BroadcastProducer broadcast, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return Observable.Using(
            broadcast.OpenTrackRequests,
            requests => new PulledObservable<PendingTrack>(
                stop => requests.ReadAllAsync(stop), scheduler ?? RuntimeSchedulers.Of(broadcast.Runtime), broadcast.Runtime));
    }
}
