using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <content>Provides sessions with peers that this side dials.</content>
public sealed partial class Moq
{
    /// <summary>
    /// Returns a session with a peer: the open session if there is one; otherwise, the session of the running dial or of a new dial.
    /// Every call returns a handle of its own; dispose the handle to release it.
    /// </summary>
    /// <param name="remote">
    /// The peer and its addresses; an <see cref="EndpointTicket"/> is converted implicitly. A running dial also tries addresses that it
    /// has not tried.
    /// </param>
    /// <param name="cancellationToken">
    /// The token that cancels the wait of this caller. The dial is canceled when the last caller cancels.
    /// </param>
    /// <exception cref="MoqConnectException">
    /// The dial failed, or <see cref="MoqOptions.MaxSessions"/> is reached; <see cref="MoqConnectException.Error"/> specifies which.
    /// </exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public async Task<MoqSession> ConnectAsync(EndpointAddr remote, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return MoqSession.LeaseOf(await _manager.ConnectAsync(remote, null, cancellationToken).ConfigureAwait(false));
    }
#pragma warning restore RS0026

    /// <summary>
    /// Returns a session with a peer, at a path of the peer and in a role: the session that was dialed with the same ones, or that of a new
    /// dial. With <see cref="SessionRequest.Default"/> it may also be a session that the peer has dialed.
    /// </summary>
    /// <param name="remote">The peer and its addresses.</param>
    /// <param name="request">
    /// The path and the role, which are sent in SETUP. With a path other than the default one, only the versions that have SETUP are
    /// offered, from moq-lite-05 on; a role is not sent in the older ones.
    /// </param>
    /// <param name="cancellationToken">
    /// The token that cancels the wait of this caller. The dial is canceled when the last caller cancels.
    /// </param>
    /// <exception cref="MoqConnectException">
    /// The dial failed; or there is a session with the peer with another path or role (<see cref="ConnectError.OtherRequest"/>), because
    /// there is one session with a peer; or a limit is reached. <see cref="MoqConnectException.Error"/> specifies which.
    /// </exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down.</exception>
#pragma warning disable RS0026 // The overloads differ in a required parameter, so that no call is ambiguous.
    public async Task<MoqSession> ConnectAsync(
        EndpointAddr remote, SessionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(request);
        return MoqSession.LeaseOf(await _manager.ConnectAsync(remote, request, cancellationToken).ConfigureAwait(false));
    }
#pragma warning restore RS0026

    /// <summary>
    /// Returns an observable of a session with a peer, like the one that
    /// <see cref="ConnectAsync(EndpointAddr, CancellationToken)"/> returns. The observable is cold:
    /// each subscriber dials or shares the open session, and holds a handle until it unsubscribes. The observable emits the session and
    /// completes when the session has ended. It fails with a <see cref="MoqConnectException"/> if the dial fails, with a
    /// <see cref="MoqException"/> if the endpoint fails, and with an <see cref="ObjectDisposedException"/> if the manager is shut down
    /// before the session is established.
    /// </summary>
    /// <param name="remote">The peer and its addresses.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    /// <param name="request">The path and the role that the session must have, or null for any session with the peer.</param>
    public IObservable<MoqSession> Connect(EndpointAddr remote, IScheduler? scheduler = null, SessionRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return Observe(stop => ReadConnectionAsync(remote, request, stop), scheduler);
    }

    /// <summary>
    /// Returns an observable of successive sessions with one peer. When a session ends or a dial fails, the peer is dialed again after
    /// a delay, which is initially 1 s and doubles up to 5 s, with jitter (<see cref="ReconnectOptions"/>). The observable is cold:
    /// each subscriber dials, and holds a handle of the session until it unsubscribes. Broadcasts that are published with
    /// <see cref="Publish(BroadcastPath, BroadcastProducer)"/> are automatically announced on every new session. To continue to read a
    /// broadcast, use <c>Switch</c> over <see cref="SessionObservables.WatchBroadcast"/>, which starts again with the newest group.
    /// </summary>
    /// <remarks>
    /// A session that is shorter than <see cref="ReconnectOptions.StableAfter"/> counts as a failed dial. A superseded session does not
    /// count, because its successor follows immediately. A peer that refuses temporarily, because it is busy or does not serve the
    /// protocol yet, is dialed again. The observable fails if dialing again would lead to the same result: with a
    /// <see cref="MoqConnectException"/> if the dial was refused permanently, another endpoint answers, or there is no common protocol;
    /// with a <see cref="MoqException"/> if the peer closed the session with <see cref="MoqErrorCode.Unauthorized"/>
    /// (<see cref="SessionClosed.IsRefused"/>, from moq-lite-06 on); with the last <see cref="MoqConnectException"/> if a limit of the
    /// options is reached; and with a <see cref="MoqException"/> if the endpoint fails. The observable completes on shutdown. Any other
    /// end of a session, by either side, is followed by the next dial; unsubscribe to stop dialing.
    /// </remarks>
    /// <param name="remote">The peer and its addresses.</param>
    /// <param name="options">The delays and limits, or null for the defaults.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    public IObservable<MoqSession> Reconnect(EndpointAddr remote, ReconnectOptions? options = null, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        options ??= ReconnectOptions.Default;
        options.Validate();
        return Observe(stop => Reconnection.ReadAsync(this, remote, options, stop), scheduler);
    }

    private async IAsyncEnumerable<MoqSession> ReadConnectionAsync(
        EndpointAddr remote, SessionRequest? request, [EnumeratorCancellation] CancellationToken stop)
    {
        var session = MoqSession.LeaseOf(await _manager.ConnectAsync(remote, request, stop).ConfigureAwait(false));
        await using (session.ConfigureAwait(false))
        {
            yield return session;
            await session.OriginConsumer.WaitForEndAsync(stop).ConfigureAwait(false);
        }
    }
}
