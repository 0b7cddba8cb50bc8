using System.Reactive.Concurrency;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive;

/// <summary>Provides the announcements, broadcasts, statistics and paths of a session as observables.</summary>
public static class SessionObservables
{
    /// <summary>
    /// Returns the broadcasts that the peer announces below a prefix: the current state, and then every change. The observable is cold.
    /// Changes that cancel each other out before they are delivered are not reported, so that a slow subscriber needs no memory. The
    /// observable completes with the session, and never fails.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="prefix">The prefix, in whole path segments; the default value matches every broadcast.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the session's runtime.</param>
    /// <param name="includeHidden">True to include names with a segment after the prefix that begins with a dot.</param>
    /// <param name="includeRouteChanges">
    /// True to include a change of the hops or the costs of a live broadcast (<see cref="Announcement.IsRouteChange"/>). A slow subscriber
    /// receives the last one of several changes, and none if the route is again the one that it knows.
    /// </param>
    public static IObservable<Announcement> Announcements(
        this MoqSession session,
        BroadcastPath prefix = default,
        IScheduler? scheduler = null,
        bool includeHidden = false,
        bool includeRouteChanges = false)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Observe(
            session, stop => session.OriginConsumer.ReadAnnouncementsAsync(prefix, includeHidden, includeRouteChanges, stop), scheduler);
    }

    /// <summary>
    /// Returns the broadcasts that the peer announces under a name: the live one, and then each later one. The observable is cold. A
    /// slow observer receives only the newest broadcast. The observable completes with the session, and never fails. Use <c>Switch</c>
    /// to continue with the newest broadcast of the name.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="name">The name of the broadcasts.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the session's runtime.</param>
    public static IObservable<BroadcastConsumer> WatchBroadcast(this MoqSession session, BroadcastPath name, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Observe(session, stop => ReadAsync(session, name, stop), scheduler);
    }

    /// <summary>
    /// Returns the measurements of the session's connection (<see cref="MoqSession.GetStatistics"/>) immediately and after each
    /// interval. The observable is cold. A slow observer receives only the newest measurements. The observable completes with the
    /// session, after the last measurements, and never fails.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="interval">The time between two measurements; greater than zero.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the session's runtime.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="interval"/> is not greater than zero.</exception>
    public static IObservable<ConnectionStatistics> Statistics(this MoqSession session, TimeSpan interval, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        return Observe(session, stop => MeasureAsync(session, interval, stop), scheduler);
    }

    /// <summary>
    /// Returns the network path of the session's connection (<see cref="MoqSession.Path"/>) immediately and after each change, for example
    /// when the peer moves to another network or a NAT assigns it another port. The observable is cold. A slow observer receives only the
    /// newest path. The observable completes with the session, and never fails. It is empty if the transport reports no paths.
    /// </summary>
    /// <remarks>
    /// While another connection replaces the one of the session, because both peers have dialed, the path of the former connection is
    /// reported until that connection ends.
    /// </remarks>
    /// <param name="session">The session.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the session's runtime.</param>
    public static IObservable<ConnectionPath> PathChanges(this MoqSession session, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Observe(session, stop => ReadPathsAsync(session.Shared.Connections, stop), scheduler);
    }

    /// <summary>
    /// Returns how fast this side can send to the peer, as the transport estimates it: immediately, when the estimate changes, and at least
    /// every ten seconds. The observable is cold. A slow observer receives only the newest estimate. The observable completes with the
    /// session, and never fails. It is empty if the transport has no estimate. See <see cref="ConnectionStatistics.EstimatedSendRate"/>.
    /// </summary>
    /// <remarks>
    /// The estimate is looked at every 100 ms. A change of a quarter is reported at once. The smaller a change is, the later after the last
    /// report it is reported.
    /// </remarks>
    /// <param name="session">The session.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the session's runtime.</param>
    public static IObservable<RateEstimate> SendRates(this MoqSession session, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Observe(session, stop => EstimateAsync(session, stop), scheduler);
    }

    /// <summary>
    /// Returns how fast the peer can send to this side, as the peer estimates it: its newest estimate, and each later one. See moq-lite,
    /// "PROBE". The observable is cold, but all observers share one stream to the peer, which is open while there is an observer. An
    /// observer that joins others first receives the newest estimate; a slow observer receives only the newest one. The observable
    /// completes with the session, and never fails. It is empty while the peer has no estimate.
    /// </summary>
    /// <remarks>
    /// The peer decides when it reports. Peers of this library report like <see cref="SendRates"/>. In moq-lite-03 there is no round-trip
    /// time.
    /// </remarks>
    /// <param name="session">The session.</param>
    /// <param name="scheduler">The scheduler on which the observer is called, or null for the scheduler of the session's runtime.</param>
    public static IObservable<RateEstimate> ReceiveRates(this MoqSession session, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Observe(session, stop => ReadProbesAsync(session.Shared.Connections, stop), scheduler);
    }

    private static async IAsyncEnumerable<RateEstimate> EstimateAsync(MoqSession session, [EnumeratorCancellation] CancellationToken stop)
    {
        var reports = new RateReports(session.Shared.Runtime);
        await foreach (var statistics in MeasureAsync(session, RateReports.Interval, stop).ConfigureAwait(false))
        {
            var estimate = RateEstimate.Of(statistics);
            if (reports.TryReport(estimate))
                yield return estimate;
        }
    }

    private static IAsyncEnumerable<RateEstimate> ReadProbesAsync(ConnectionSet connections, CancellationToken stop) =>
        ReadEachAsync(connections, static (connection, stop) => connection.Probe.ReadAsync(stop), stop);

    private static async IAsyncEnumerable<ConnectionPath> ReadPathsAsync(
        ConnectionSet connections, [EnumeratorCancellation] CancellationToken stop)
    {
        ConnectionPath? last = null;
        var paths = ReadEachAsync(
            connections, static (connection, stop) => (connection.Transport as IPathAwareConnection)?.ReadPathsAsync(stop), stop);
        await foreach (var path in paths.ConfigureAwait(false))
        {
            if (path == last)
                continue;
            yield return path;
            last = path;
        }
    }

    /// <summary>
    /// Reads from each connection that carries a session, one after another, until the session ends. A session that replaces it continues
    /// on other connections, and is observed by itself.
    /// </summary>
    private static async IAsyncEnumerable<T> ReadEachAsync<T>(
        ConnectionSet connections,
        Func<MoqConnection, CancellationToken, IAsyncEnumerable<T>?> read,
        [EnumeratorCancellation] CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, connections.Over);
        MoqConnection? connection = connections.Preferred;
        while (connection is not null && !connections.Over.IsCancellationRequested)
        {
            if (read(connection, either.Token) is { } items)
            {
                var item = items.GetAsyncEnumerator(either.Token);
                await using (item.ConfigureAwait(false))
                {
                    while (await UnlessOverAsync(item.MoveNextAsync(), connections.Over, stop).ConfigureAwait(false))
                        yield return item.Current;
                }
            }

            var next = connections.NextAsync(connection, either.Token);
            connection = await UnlessOverAsync(next, connections.Over, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the result of a wait, or the default value if the session ends first.</summary>
    private static async ValueTask<T?> UnlessOverAsync<T>(ValueTask<T> wait, CancellationToken over, CancellationToken stop)
    {
        try
        {
            return await wait.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return default;
        }
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
            // Each observer gets a consumer of its own, so that disposing it does not affect other observers.
            if (announcement.IsActive && announcement.Path == name)
                yield return announcement.Broadcast.Producer.Consume();
        }
    }
}
