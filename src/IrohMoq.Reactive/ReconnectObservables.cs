using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <summary>Dials that are repeated, for LINQ.</summary>
public static class ReconnectObservables
{
    extension(Moq moq)
    {
        /// <summary>
        /// Sessions with one peer, one after the other: when one ends, or a dial fails, it dials again after a while, 1 s at first, doubling to 5 s, with jitter (<see cref="ReconnectOptions"/>). Cold: each subscriber dials, and holds the
        /// session until it unsubscribes. Called on the pipeline's scheduler. What is published with <see cref="Moq.Publish"/> is announced on every new session by itself; a reading goes on with <c>Switch</c> over
        /// <see cref="BroadcastObservables.Broadcasts"/>, and begins again with the newest group.
        /// </summary>
        /// <remarks>
        /// A session that is shorter than <see cref="ReconnectOptions.StableAfter"/> counts as a failed dial. One that was superseded is no failure: its successor comes at once. It stops where dialing again would lead to the same: it fails
        /// with a <see cref="MoqConnectException"/> if the dial was refused, somebody else answers, or there is no protocol in common, with a <see cref="MoqException"/> if the peer closed the session with
        /// <see cref="MoqErrorCode.Rejected"/> or <see cref="MoqErrorCode.Unauthorized"/>, with the last <see cref="MoqConnectException"/> if it gives up, and with a <see cref="MoqException"/> if the endpoint dies. Any other end of a
        /// session, by whichever side, is followed by the next dial: unsubscribe to stop. Completes on shutdown. A reading fails with its session: put
        /// <see cref="TrackObservables.UntilSessionEnds"/> on it, inside of <c>Switch</c>, to read on with the next one. One whose track the publisher gives up while the session goes on fails as well: where that is to be survived,
        /// <c>Catch</c> it there too.
        /// </remarks>
        /// <param name="remote">Whom, and where; an <see cref="EndpointTicket"/> will do.</param>
        /// <param name="options">Waits and limits; null for the defaults.</param>
        /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
        public IObservable<MoqSession> Reconnect(EndpointAddr remote, ReconnectOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(remote);
            options ??= ReconnectOptions.Default;
            options.Validate();
            return moq.Observe(stop => Reconnection.ReadAsync(moq, remote, options, stop));
        }
    }
}
