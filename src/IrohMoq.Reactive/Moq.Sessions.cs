using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <content>Sessions with peers that this side dials.</content>
public sealed partial class Moq
{
    /// <summary>
    /// Returns a session with a peer: the one that is open, otherwise that of the dial in flight, otherwise of a new dial. Every call
    /// returns a handle of its own; dispose it to release it.
    /// </summary>
    /// <param name="remote">
    /// The peer and its addresses; an <see cref="EndpointTicket"/> converts to it. A dial in flight tries addresses that are new to it.
    /// </param>
    /// <param name="cancellationToken">Ends this caller's wait; when the last caller cancels, the dial is canceled.</param>
    /// <exception cref="MoqConnectException">
    /// The dial failed, or <see cref="MoqOptions.MaxSessions"/> is reached; its error says which.
    /// </exception>
    /// <exception cref="MoqException">The endpoint died.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
    public async Task<MoqSession> ConnectAsync(EndpointAddr remote, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return MoqSession.LeaseOf(await _manager.ConnectAsync(remote, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Returns an observable of a session with a peer, as <see cref="ConnectAsync"/> returns it. Cold: each subscriber dials, or shares the
    /// session that is open, and holds a handle until it unsubscribes. It emits the session and completes when that has ended. It fails
    /// with a <see cref="MoqConnectException"/> if the dial fails, with a <see cref="MoqException"/> if the endpoint dies, and with an
    /// <see cref="ObjectDisposedException"/> if the manager is shut down before there is a session.
    /// </summary>
    /// <param name="remote">The peer and its addresses.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    public IObservable<MoqSession> Connect(EndpointAddr remote, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return Observe(stop => ReadConnectionAsync(remote, stop), scheduler);
    }

    /// <summary>
    /// Returns an observable of sessions with one peer, one after the other: when one ends, or a dial fails, it dials again after a delay,
    /// 1 s at first, doubling to 5 s, with jitter (<see cref="ReconnectOptions"/>). Cold: each subscriber dials, and holds a handle of the
    /// session until it unsubscribes. What is published with <see cref="Publish(BroadcastPath, BroadcastProducer)"/> is announced on every
    /// new session by itself; a reading continues with <c>Switch</c> over <see cref="SessionObservables.WatchBroadcast"/>, and begins again
    /// with the newest group.
    /// </summary>
    /// <remarks>
    /// A session that is shorter than <see cref="ReconnectOptions.StableAfter"/> counts as a failed dial. A session that was superseded
    /// does not: its successor follows at once. A peer that refuses for now, because it is busy or does not serve the protocol yet, is
    /// dialed again. The observable fails where dialing again leads to the same result: with a <see cref="MoqConnectException"/> if the
    /// dial was refused for good, another endpoint answers, or there is no common protocol; with a <see cref="MoqException"/> if the peer
    /// closed the session with <see cref="MoqErrorCode.Rejected"/> or <see cref="MoqErrorCode.Unauthorized"/>; with the last
    /// <see cref="MoqConnectException"/> if a limit of the options is reached; and with a <see cref="MoqException"/> if the endpoint dies.
    /// It completes on shutdown. Any other end of a session, by either side, is followed by the next dial: unsubscribe to stop.
    /// </remarks>
    /// <param name="remote">The peer and its addresses.</param>
    /// <param name="options">Delays and limits; null for the defaults.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    public IObservable<MoqSession> Reconnect(EndpointAddr remote, ReconnectOptions? options = null, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        options ??= ReconnectOptions.Default;
        options.Validate();
        return Observe(stop => Reconnection.ReadAsync(this, remote, options, stop), scheduler);
    }

    private async IAsyncEnumerable<MoqSession> ReadConnectionAsync(EndpointAddr remote, [EnumeratorCancellation] CancellationToken stop)
    {
        var session = await ConnectAsync(remote, stop).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            yield return session;
            await session.OriginConsumer.WaitForEndAsync(stop).ConfigureAwait(false);
        }
    }
}
