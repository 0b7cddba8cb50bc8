using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Diagnostics;
using IrohMoq.Reactive.Pipeline;

namespace IrohMoq.Reactive;

/// <content>
/// Provides the observables of what happens to the manager. All of them are views of one ring buffer, so that they share one order.
/// They are hot. An observer that blocks or throws does not affect other observers, except that on a single-threaded scheduler a
/// blocking observer blocks everything that runs on the scheduler. An exception of an observer is thrown on its scheduler, as usual in
/// Rx: on the default scheduler, the thread pool, the exception terminates the process.
/// </content>
public sealed partial class Moq
{
    /// <summary>
    /// Returns the sessions that peers dial, without those that this side dials. The observable is hot. A subscriber first receives the
    /// last <see cref="MoqOptions.SessionReplay"/> of these sessions that are still open. A subscriber that falls behind by more than
    /// <see cref="MoqOptions.NoticeCapacity"/> notices continues at the oldest notice that is kept. The observable completes on
    /// shutdown, and fails with a <see cref="MoqException"/> if the endpoint fails.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this subscriber missed because it was too slow. It is called before the next
    /// item, whose <see cref="IncomingSession.Skipped"/> also contains the number.
    /// </param>
    public IObservable<IncomingSession> IncomingSessions(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.IncomingSessions, IncomingReplay, scheduler, onSkipped);

    /// <summary>
    /// Returns <see cref="IncomingSessions"/> as an asynchronous enumerable. An item is taken only when the reader requests it.
    /// </summary>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this reader missed because it was too slow.
    /// </param>
    /// <param name="cancellationToken">The token that ends the enumeration.</param>
    public IAsyncEnumerable<IncomingSession> ReadIncomingSessionsAsync(
        Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        ReadNotices(Notice.IncomingSessions, IncomingReplay, onSkipped, cancellationToken);

    /// <summary>
    /// Returns the openings and closings of all sessions, no matter which side dialed. The observable is hot. A subscriber first
    /// receives the openings of all open sessions. The opening of a session always precedes its closing, and the closing of a
    /// superseded session precedes the opening of its successor. Missed notices and the end are handled as for
    /// <see cref="IncomingSessions"/>; after missed notices, use <see cref="OpenSessions"/> to determine the open sessions.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this subscriber missed because it was too slow.
    /// </param>
    public IObservable<SessionEvent> SessionEvents(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.SessionEvents, OpenReplay, scheduler, onSkipped);

    /// <summary>Returns <see cref="SessionEvents"/> as an asynchronous enumerable.</summary>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this reader missed because it was too slow.
    /// </param>
    /// <param name="cancellationToken">The token that ends the enumeration.</param>
    public IAsyncEnumerable<SessionEvent> ReadSessionEventsAsync(
        Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        ReadNotices(Notice.SessionEvents, OpenReplay, onSkipped, cancellationToken);

    /// <summary>
    /// Returns the ends of sessions. The observable is hot, without replay. Missed notices and the end are handled as for
    /// <see cref="IncomingSessions"/>.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this subscriber missed because it was too slow.
    /// </param>
    public IObservable<SessionClosed> SessionClosures(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.SessionClosures, Replay<Notice>.None, scheduler, onSkipped);

    /// <summary>
    /// Returns the changes of the broadcasts that are published on all sessions: announced, replaced, or ended and for which reason.
    /// The observable is hot. A subscriber first receives the live broadcasts. A replacement is reported as the end of the old
    /// broadcast, followed by <see cref="BroadcastChange.Replaced"/>. Missed notices and the end are handled as for
    /// <see cref="IncomingSessions"/>.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this subscriber missed because it was too slow.
    /// </param>
    public IObservable<BroadcastEvent> BroadcastEvents(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.BroadcastEvents, LiveReplay, scheduler, onSkipped);

    /// <summary>
    /// Returns everything that <see cref="SessionEvents"/> and <see cref="BroadcastEvents"/> report, and a <see cref="GoingAwayEvent"/> for
    /// each peer that asks this side to leave, in the original order. The observable is hot. A subscriber first receives the open sessions
    /// and live broadcasts. Missed notices and the end are handled as for <see cref="IncomingSessions"/>.
    /// </summary>
    /// <remarks>
    /// On a single-threaded scheduler, merging the two other observables results in the same order. On the thread pool, where each
    /// subscriber is called independently so that none waits for another, only this observable has a defined order.
    /// </remarks>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this subscriber missed because it was too slow.
    /// </param>
    public IObservable<MoqNotice> Notices(IScheduler? scheduler = null, Action<long>? onSkipped = null) =>
        ObserveNotices(Notice.All, LiveReplay, scheduler, onSkipped);

    /// <summary>Returns <see cref="Notices"/> as an asynchronous enumerable.</summary>
    /// <param name="onSkipped">
    /// The action that receives the number of notices that this reader missed because it was too slow.
    /// </param>
    /// <param name="cancellationToken">The token that ends the enumeration.</param>
    public IAsyncEnumerable<MoqNotice> ReadNoticesAsync(Action<long>? onSkipped = null, CancellationToken cancellationToken = default) =>
        ReadNotices(Notice.All, LiveReplay, onSkipped, cancellationToken);

    /// <summary>
    /// Returns the open sessions, in the order in which they began: the current list, and then the list after each change. Each item is
    /// a state: a slow subscriber receives only the newest list, and never a session that has ended meanwhile. The observable is cold.
    /// It completes on shutdown, after an empty list, and fails with a <see cref="MoqException"/> if the endpoint fails.
    /// </summary>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the manager.</param>
    public IObservable<IReadOnlyList<MoqSession>> OpenSessions(IScheduler? scheduler = null) => Observe(ReadOpenSessionsAsync, scheduler);

    /// <summary>Returns <see cref="OpenSessions"/> as an asynchronous enumerable.</summary>
    /// <param name="cancellationToken">The token that ends the enumeration.</param>
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
