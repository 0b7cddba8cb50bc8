using System.Reactive.Concurrency;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>The demand for a broadcast, as an observable.</summary>
public static class BroadcastProducerObservables
{
    /// <summary>
    /// Returns the number of readers that all tracks of the broadcast have together, those who read two tracks counted twice: the number
    /// now, then after every change. Cold. A slow observer gets the newest number. Completes when the broadcast has ended and its last
    /// reader has left, which is reported as 0 first. Never fails.
    /// </summary>
    /// <param name="broadcast">The broadcast.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the broadcast's clock.</param>
    public static IObservable<int> SubscriberCounts(this BroadcastProducer broadcast, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        return new PulledObservable<int>(
            broadcast.ReaderCount.ReadAsync, scheduler ?? RuntimeSchedulers.Of(broadcast.Runtime), broadcast.Runtime);
    }
}
