using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <summary>Demand for a broadcast as an observable, for LINQ.</summary>
public static class BroadcastDemandObservables
{
    extension(BroadcastProducer broadcast)
    {
        /// <summary>
        /// How many readers all tracks of the broadcast have together, those who read two tracks counted twice: the number now, then every change. Cold. A slow observer gets the newest number. Called on the scheduler of the
        /// broadcast's clock, the task pool in production. Completes when the broadcast is over and its last reader has gone, which is told first as 0. Never fails.
        /// </summary>
        public IObservable<int> SubscriberCounts =>
            new PulledObservable<int>(broadcast.ReaderCount.ReadAsync, PipelineSchedulers.Of(broadcast.Runtime), broadcast.Runtime, faulted: null);
    }
}
