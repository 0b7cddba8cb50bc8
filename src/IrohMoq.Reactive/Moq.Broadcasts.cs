using System.Reactive.Concurrency;

namespace IrohMoq.Reactive;

/// <content>Provides the broadcasts of all sessions by name.</content>
public sealed partial class Moq
{
    /// <summary>
    /// Waits until a peer of any current or future session announces a broadcast with the given name, and returns it. The wait cannot be
    /// canceled.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <returns>The broadcast, as <see cref="SubscribeAsync(BroadcastPath, CancellationToken)"/> describes it.</returns>
    /// <exception cref="ObjectDisposedException">The manager has been shut down, or is shut down during the wait.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name) => SubscribeAsync(name, CancellationToken.None);

    /// <summary>
    /// Waits until a peer of any current or future session announces a broadcast with the given name, and returns it. A live broadcast is
    /// returned immediately; one that has ended is never returned.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <returns>
    /// The broadcast, which does not depend on one session as that of <see cref="MoqSession.SubscribeAsync(BroadcastPath)"/> does.
    /// </returns>
    /// <remarks>
    /// The broadcast is read from one of the peers that announce it with the same origin, which is the first of
    /// <see cref="BroadcastRoute.Hops"/>: over the route with the lowest cost, then with the fewest hops. When the session with that peer
    /// is lost, or the peer withdraws the broadcast, refuses what is read or goes away, its readings go on with the next peer, from the
    /// first group that has not arrived completely. A track that is read keeps the session open that it is read from, as a handle does; to
    /// keep the other ones, hold their handles. The broadcast ends when the last peer has withdrawn it, or
    /// <see cref="MoqOptions.BroadcastLinger"/> after the last session with it was lost. Another origin that appears under the name has
    /// other content: it is another broadcast, and has the name while it lasts; what is read of the one before goes on. In moq-lite-03
    /// origins are unknown, so that a broadcast is that of one session. Neither names nor origins are authenticated: any peer that has a
    /// session can announce a name, and state the origin of another broadcast. Admit only peers that you trust
    /// (<see cref="MoqOptions.AcceptPolicy"/>), or subscribe with the session of the peer that is to be read. A name that is not announced
    /// itself, but is below an announced prefix, is requested with <see cref="RequestBroadcastAsync"/>. A relay publishes the broadcast
    /// again with <see cref="Publish(BroadcastPath, BroadcastConsumer)"/>, also to the peers that announce it: each peer is told of the
    /// best route that does not lead through the peer itself, and is served only from such a route, also with the names below an announced
    /// prefix.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The manager has been shut down, or is shut down during the wait.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name, CancellationToken cancellationToken) =>
        _fronts.WaitAsync(name, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// Waits for a limited time until a peer of any session announces a broadcast with the given name, and returns it, as
    /// <see cref="SubscribeAsync(BroadcastPath, CancellationToken)"/> does. The time limit is needed because nobody can report that a
    /// broadcast does not exist.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="timeout">The maximum time to wait. With zero, only live broadcasts are returned.</param>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <returns>The broadcast.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative, and not infinite.</exception>
    /// <exception cref="MoqNotAnnouncedException">No peer has announced the broadcast in time.</exception>
    /// <exception cref="ObjectDisposedException">The manager has been shut down, or is shut down during the wait.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task<BroadcastConsumer> SubscribeAsync(BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        if (timeout != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return _fronts.WaitAsync(name, timeout, cancellationToken);
    }

    /// <summary>
    /// Returns the broadcasts that peers announce under a name: the current one, as
    /// <see cref="SubscribeAsync(BroadcastPath, CancellationToken)"/> returns it, and then each later one. The observable is cold. A slow
    /// observer receives only the newest broadcast. The observable completes on shutdown, and fails with a <see cref="MoqException"/> if
    /// the endpoint fails. Use <c>Switch</c> to continue with the newest broadcast of the name.
    /// </summary>
    /// <param name="name">The name of the broadcasts.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    public IObservable<BroadcastConsumer> WatchBroadcast(BroadcastPath name, IScheduler? scheduler = null) =>
        Observe(stop => _fronts.ReadAsync(name, stop), scheduler);

    /// <summary>
    /// Requests a broadcast that need not be announced under its name from the peers of all current and future sessions. A live broadcast
    /// of that name is returned immediately; otherwise the method waits until a peer announces a prefix of the name, as only peers of
    /// moq-lite-06 can.
    /// </summary>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="cancellationToken">The token that cancels only the wait.</param>
    /// <returns>
    /// The broadcast, which does not depend on one session as that of <see cref="MoqSession.RequestBroadcastAsync"/> does. If no peer has
    /// it, its tracks fail with <see cref="MoqErrorCode.NotFound"/> or <see cref="MoqErrorCode.Unroutable"/>. It ends with the prefix:
    /// request it again then.
    /// </returns>
    /// <remarks>
    /// The longest prefix that any peer announces is used and, if it has several origins, that with the lowest cost. What is read below it
    /// goes on over the next peer that announces the same prefix with the same origin, as
    /// <see cref="SubscribeAsync(BroadcastPath, CancellationToken)"/> describes it for an announced name. The broadcast ends when the last
    /// peer has withdrawn the prefix, or <see cref="MoqOptions.BroadcastLinger"/> after the last session with it was lost. A name that
    /// nobody announces in an older version is requested with <see cref="MoqSession.RequestBroadcastAsync"/>.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The manager has been shut down, or is shut down during the wait.</exception>
    /// <exception cref="MoqException">The endpoint failed.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task<BroadcastConsumer> RequestBroadcastAsync(BroadcastPath name, CancellationToken cancellationToken = default) =>
        _fronts.RequestAsync(name, cancellationToken);

    /// <summary>Gets the fronts of the names that were asked for.</summary>
    internal FrontTable Fronts => _fronts;
}
