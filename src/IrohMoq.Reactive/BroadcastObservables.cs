using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <summary>Broadcasts of a peer as observables, for LINQ.</summary>
public static class BroadcastObservables
{
    extension(MoqSession session)
    {
        /// <summary>
        /// The broadcast that the peer announces under a name: the one that is live, then each next one. Cold. Called on the pipeline's scheduler; a slow observer gets the newest instance. Completes with the session, never fails.
        /// With <c>Switch</c> a reading follows the name from instance to instance.
        /// </summary>
        /// <param name="name">The broadcast's name.</param>
        public IObservable<BroadcastConsumer> Broadcasts(BroadcastPath name)
        {
            var runtime = session.OriginConsumer.Runtime;
            return new PulledObservable<BroadcastConsumer>(stop => ReadAsync(session, name, stop), session.Shared.Scheduler, runtime, session.Shared.Log.ObserverFailed);
        }
    }

    private static async IAsyncEnumerable<BroadcastConsumer> ReadAsync(MoqSession session, BroadcastPath name, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var announcement in session.ReadAnnouncementsAsync(name, stop).ConfigureAwait(false))
        {
            // A view of the observer's own: disposing it takes it from nobody else.
            if (announcement.IsActive && announcement.Path == name)
                yield return announcement.Broadcast.Producer.Consume();
        }
    }
}
