using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>What a session announces, as observables.</summary>
public static class SessionObservables
{
    /// <summary>
    /// Returns what the peer announces below a prefix, now and on every change. Cold: each subscriber gets the present state first. Changes
    /// that cancel out before they are delivered are not reported, so a slow subscriber needs no memory. Completes with the session, never
    /// fails.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="prefix">The prefix, in whole segments; the default value stands for everything.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the session's clock.</param>
    public static IObservable<Announcement> Announcements(
        this MoqSession session, BroadcastPath prefix = default, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Observe(session, stop => session.ReadAnnouncementsAsync(prefix, stop), scheduler);
    }

    /// <summary>
    /// Returns the broadcast that the peer announces under a name: the live one, then each next one. Cold. A slow observer gets the newest
    /// one. Completes with the session, never fails. With <c>Switch</c> a reading follows the name from one broadcast to the next.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="name">The broadcast's name.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the session's clock.</param>
    public static IObservable<BroadcastConsumer> WatchBroadcast(this MoqSession session, BroadcastPath name, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Observe(session, stop => ReadAsync(session, name, stop), scheduler);
    }

    /// <summary>
    /// Returns the measurements of the session's connection (<see cref="MoqSession.GetStatistics"/>) now and after each interval. Cold. A
    /// slow observer gets the newest. Completes with the session, after its last measurements; never fails.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="interval">The time between two measurements; greater than zero.</param>
    /// <param name="scheduler">The scheduler on which the observer is called; null for that of the session's clock.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="interval"/> is not greater than zero.</exception>
    public static IObservable<ConnectionStatistics> Statistics(this MoqSession session, TimeSpan interval, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        return Observe(session, stop => MeasureAsync(session, interval, stop), scheduler);
    }

    private static async IAsyncEnumerable<ConnectionStatistics> MeasureAsync(
        MoqSession session, TimeSpan interval, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            var hasEnded = session.Shared.Ended is not null;
            yield return session.GetStatistics();
            if (hasEnded)
                yield break;
            using var limit = session.Shared.Runtime.Limit(interval, stop);
            try
            {
                await session.OriginConsumer.WaitForEndAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (limit.IsExpired)
            {
                // The interval has elapsed.
            }
        }
    }

    private static PulledObservable<T> Observe<T>(
        MoqSession session, Func<CancellationToken, IAsyncEnumerable<T>> read, IScheduler? scheduler) =>
        new(read, scheduler ?? RuntimeSchedulers.Of(session.Shared.Runtime), session.Shared.Runtime);

    private static async IAsyncEnumerable<BroadcastConsumer> ReadAsync(
        MoqSession session, BroadcastPath name, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var announcement in session.ReadAnnouncementsAsync(name, stop).ConfigureAwait(false))
        {
            // A consumer of the observer's own: disposing it does not affect other observers.
            if (announcement.IsActive && announcement.Path == name)
                yield return announcement.Broadcast.Producer.Consume();
        }
    }
}
