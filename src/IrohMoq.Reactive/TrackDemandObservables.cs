using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <summary>Demand for a track as an observable, for LINQ: produce only while somebody reads, or show how many do.</summary>
public static class TrackDemandObservables
{
    extension(TrackProducer track)
    {
        /// <summary>
        /// How many readers the track has: the number now, then every change. Cold. A slow observer gets the newest number. Called on the scheduler of the track's clock, the task pool in production. Completes when the track is over
        /// (given up, or finished and then disposed or its broadcast ended) and its last reader has gone, which is told first as 0. Never fails.
        /// </summary>
        public IObservable<int> SubscriberCounts =>
            new PulledObservable<int>(track.ReaderCount.ReadAsync, PipelineSchedulers.Of(track.Runtime), track.Runtime, faulted: null);
    }
}
