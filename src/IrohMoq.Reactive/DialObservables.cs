using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>Dials as observables, for LINQ.</summary>
public static class DialObservables
{
    extension(Moq moq)
    {
        /// <summary>
        /// A session with a peer, as <see cref="Moq.ConnectAsync"/> gives it. Cold: each subscriber dials, or shares the session that is open, and holds it until it unsubscribes. Called on the pipeline's scheduler. Emits the session, and
        /// completes when that is over. Fails with a <see cref="MoqConnectException"/> if the dial does, with an <see cref="ObjectDisposedException"/> if the manager is shut down before there is a session. Unsubscribing gives up the
        /// dial, or gives the session back.
        /// </summary>
        /// <param name="remote">Whom, and where; an <see cref="EndpointTicket"/> will do.</param>
        public IObservable<MoqSession> Connect(EndpointAddr remote)
        {
            ArgumentNullException.ThrowIfNull(remote);
            return moq.Observe(stop => ConnectAsync(moq, remote, stop));
        }
    }

    private static async IAsyncEnumerable<MoqSession> ConnectAsync(Moq moq, EndpointAddr remote, [EnumeratorCancellation] CancellationToken stop)
    {
        var session = await moq.ConnectAsync(remote, stop).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            yield return session;
            await session.OriginConsumer.WaitForEndAsync(stop).ConfigureAwait(false);
        }
    }
}
