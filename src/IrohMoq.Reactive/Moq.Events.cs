using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <content>
/// The streams of what happens to the manager. All are views of one ring, so they have one order. They are hot. An observer that blocks or
/// throws does not
/// affect another one, except that on a scheduler with one thread it blocks all that run there. An observer's exception is thrown on its
/// scheduler, as in
/// Rx: on the default scheduler, the thread pool, it ends the process.
/// </content>
public sealed partial class Moq
{
    /// <summary>
    /// Returns the sessions that peers dial; those that this side dials are not among them. Hot. A subscriber first gets the last
    /// <see cref="MoqOptions.SessionReplay"/> of them that are still open. A subscriber that falls behind by more than
    /// <see cref="MoqOptions.NoticeCapacity"/> notices continues at the oldest one that is kept. Completes on shutdown; fails with a
    /// <see cref="MoqException"/> if the endpoint dies.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    /// <param name="onSkipped">
    /// Receives how many notices this subscriber missed because it was too slow, before the next item, which has the number in
    /// <see cref="IncomingSession.Skipped"/> as well.
    /// </param>
    public IObservable<IncomingSession> IncomingSessions(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.IncomingSessions, IncomingReplay, scheduler, onSkipped);

    /// <summary>Returns <see cref="IncomingSessions"/> as a pull stream: nothing is taken before it is asked for.</summary>
    /// <param name="onSkipped">Receives how many notices this reader missed because it was too slow.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<IncomingSession> ReadIncomingSessionsAsync(
        Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        ReadNotices(Notice.IncomingSessions, IncomingReplay, onSkipped, cancellationToken);

    /// <summary>
    /// Returns the openings and closings of sessions, of either direction. Hot. A subscriber first gets the openings of all sessions that
    /// are open. The opening of a session always comes before its closing, and the closing of a superseded session before the opening of
    /// its successor. Lag and end are those of <see cref="IncomingSessions"/>; after a lag use <see cref="OpenSessions"/> to know which
    /// sessions are open.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    /// <param name="onSkipped">Receives how many notices this subscriber missed because it was too slow.</param>
    public IObservable<SessionEvent> SessionEvents(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.SessionEvents, OpenReplay, scheduler, onSkipped);

    /// <summary>Returns <see cref="SessionEvents"/> as a pull stream.</summary>
    /// <param name="onSkipped">Receives how many notices this reader missed because it was too slow.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<SessionEvent> ReadSessionEventsAsync(
        Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        ReadNotices(Notice.SessionEvents, OpenReplay, onSkipped, cancellationToken);

    /// <summary>Returns the ends of sessions. Hot, without replay. Lag and end are those of <see cref="IncomingSessions"/>.</summary>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    /// <param name="onSkipped">Receives how many notices this subscriber missed because it was too slow.</param>
    public IObservable<SessionClosed> SessionClosures(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.SessionClosures, Replay<Notice>.None, scheduler, onSkipped);

    /// <summary>
    /// Returns the changes of the broadcasts that are published for all sessions: announced, replaced, ended and by what. Hot. A subscriber
    /// first gets the live ones. A replacement is reported as the end of the old broadcast and then as
    /// <see cref="BroadcastChange.Replaced"/>. Lag and end are those of <see cref="IncomingSessions"/>.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    /// <param name="onSkipped">Receives how many notices this subscriber missed because it was too slow.</param>
    public IObservable<BroadcastEvent> BroadcastEvents(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.BroadcastEvents, LiveReplay, scheduler, onSkipped);

    /// <summary>
    /// Returns everything that <see cref="SessionEvents"/> and <see cref="BroadcastEvents"/> report, in the order in which it happened.
    /// Hot. A subscriber first gets the open sessions and live broadcasts. Lag and end are those of <see cref="IncomingSessions"/>.
    /// </summary>
    /// <remarks>
    /// Merging the two other streams gives the same order on a scheduler with one thread. On the thread pool, where each subscriber is
    /// called on its own so that none waits for another, only this stream has an order.
    /// </remarks>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    /// <param name="onSkipped">Receives how many notices this subscriber missed because it was too slow.</param>
    public IObservable<MoqNotice> Notices(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.All, LiveReplay, scheduler, onSkipped);

    /// <summary>Returns <see cref="Notices"/> as a pull stream.</summary>
    /// <param name="onSkipped">Receives how many notices this reader missed because it was too slow.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<MoqNotice> ReadNoticesAsync(Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        ReadNotices(Notice.All, LiveReplay, onSkipped, cancellationToken);

    /// <summary>
    /// Returns the sessions that are open, now and after each change, in the order in which they began. It is a state: a slow subscriber
    /// gets the newest one and never a session that has ended meanwhile. Cold. Completes on shutdown, after an empty list; fails with a
    /// <see cref="MoqException"/> if the endpoint dies.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called; null for the manager's.</param>
    public IObservable<IReadOnlyList<MoqSession>> OpenSessions(IScheduler? scheduler = null) => Observe(ReadOpenSessionsAsync, scheduler);

    /// <summary>Returns <see cref="OpenSessions"/> as a pull stream.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<IReadOnlyList<MoqSession>> ReadOpenSessionsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var sessions in _manager.Sessions.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return [.. sessions.Values.Select(MoqSession.ViewOf)];
    }

    private static Replay<Notice> OpenReplay => new(int.MaxValue, static notice => notice is { Session: not null, IsLive: true });

    private static Replay<Notice> LiveReplay => new(int.MaxValue, static notice => notice.IsLive);

    private Replay<Notice> IncomingReplay => new(_options.SessionReplay, static notice => notice.IsIncoming);

    private IObservable<T> ObserveNotices<T>(
        Func<Func<Notice, long, T?>> view, Replay<Notice> replay, IScheduler? scheduler, Action<long>? onSkipped)
        where T : class =>
        _manager.Notices.Observe(view, replay, scheduler ?? _manager.Scheduler, missed => OnSkipped(missed, onSkipped));

    private IAsyncEnumerable<T> ReadNotices<T>(
        Func<Func<Notice, long, T?>> view, Replay<Notice> replay, Action<long>? onSkipped, CancellationToken cancellationToken)
        where T : class =>
        _manager.Notices.Read(view, replay, missed => OnSkipped(missed, onSkipped), cancellationToken);

    private void OnSkipped(long missed, Action<long>? onSkipped)
    {
        _log.Skipped(missed);
        MoqTelemetry.Skipped.Add(missed);
        onSkipped?.Invoke(missed);
    }
}
