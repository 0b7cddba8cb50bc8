using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Looks for the connection on which a track continues: another one of its session that has the same content, or one of another source.
/// One search runs at a time; the properties are thread-safe.
/// </summary>
/// <param name="path">The name of the broadcast.</param>
/// <param name="broadcast">The broadcast that has the track.</param>
/// <param name="sources">The sources between which the track moves.</param>
/// <param name="runtime">The clock.</param>
/// <param name="over">The token that is canceled when the track has ended.</param>
internal sealed class ConnectionSearch(
    BroadcastPath path, BroadcastProducer broadcast, TrackSources sources, Runtime runtime, CancellationToken over)
{
    private TimeLimit? _limit;
    private Departure _reason;
    private bool _isRunning;
    private bool _isRedirected;
    private bool _isReplaced;
    private bool _isNowhere;

    /// <summary>Gets a value indicating whether a search runs.</summary>
    public bool IsRunning => Volatile.Read(ref _isRunning);

    /// <summary>
    /// Gets a value indicating whether the track cannot continue elsewhere: no other connection carries the session, or the broadcast has
    /// been withdrawn, so that another one may have its name.
    /// </summary>
    public bool IsNowhere => Volatile.Read(ref _isNowhere)
        || (!sources.MayChange && (TrackSources.IsWithdrawn(broadcast) || sources.IsCurrentWithdrawn));

    private BroadcastPath AnnouncedName => sources.AnnouncedName ?? path;

    /// <summary>
    /// Determines whether the publisher on a connection has gone away, and what replaces it has other content, or has withdrawn the
    /// broadcast.
    /// </summary>
    public bool IsReplaced(MoqConnection from) => from.IsLeaving
        && (_isReplaced || TrackSources.IsWithdrawn(broadcast) || sources.IsCurrentWithdrawn || sources.IsFoundWithdrawn);

    /// <summary>Returns the broadcast that is read on the connection to which the track moves, or null if it is not announced.</summary>
    public BroadcastProducer? SourceOn(MoqConnection connection) => sources.Found ?? connection.Announced.Find(AnnouncedName);

    /// <summary>Looks for the connection on which the track continues, and begins there.</summary>
    /// <param name="current">The current subscription.</param>
    /// <param name="hasMoved">True if the track has moved to another connection before.</param>
    /// <param name="begin">The action that begins on the connection that is found.</param>
    public async Task RunAsync(Subscription current, bool hasMoved, Action<MoqConnection> begin)
    {
        Volatile.Write(ref _isRunning, true);
        try
        {
            var (found, isSame) = await FindNextAsync(current, hasMoved).ConfigureAwait(false);
            if (isSame is true && found is { } connection)
            {
                begin(connection);
            }
            else if (isSame is false)
            {
                _isReplaced = found is not null && current.Connection.IsLeaving;
                Volatile.Write(ref _isNowhere, true);
            }
        }
        catch (OperationCanceledException)
        {
            // The track has ended, or no connection was found in time; or the reason for the search has changed.
            if (!Volatile.Read(ref _isRedirected))
                Volatile.Write(ref _isNowhere, true);
        }
        catch
        {
            Volatile.Write(ref _isNowhere, true);
            throw;
        }
        finally
        {
            Volatile.Write(ref _isRunning, false);
        }
    }

    /// <summary>Ends a search that began for another reason, so that it begins anew.</summary>
    public void Redirect(Subscription current)
    {
        if (!sources.MayChange || Volatile.Read(ref _limit) is not { } search || sources.ReasonToLeave(current) == _reason)
            return;
        Volatile.Write(ref _isRedirected, true);
        search.Cancel();
    }

    /// <summary>
    /// Returns the connection on which the first subscription of a track is made if the peer has asked this side to leave a connection, or
    /// null if no other one carries the session in time.
    /// </summary>
    public async ValueTask<MoqConnection?> FindFirstAsync(MoqConnection left)
    {
        using var limit = runtime.Limit(left.Limits.SubscribeAnswer, over);
        try
        {
            while (left.Host is { } host && await host.NextAsync(left, limit.Token).ConfigureAwait(false) is { } connection)
            {
                if (await IsSameContentAsync(left, connection, hasMoved: false, over).ConfigureAwait(false) is not { } isSame)
                    continue;
                if (isSame)
                    return connection;
                break;
            }
        }
        catch (OperationCanceledException)
        {
            // There is no other connection.
        }

        Volatile.Write(ref _isNowhere, true);
        return null;
    }

    /// <summary>Waits for another connection of the session, and then, if there is a choice of sources, for another source.</summary>
    /// <returns>The connection, and whether the track continues there; null if that is to be found out again.</returns>
    /// <exception cref="OperationCanceledException">There is no connection in time, or the search begins anew.</exception>
    private async ValueTask<(MoqConnection? Connection, bool? IsSame)> FindNextAsync(Subscription current, bool hasMoved)
    {
        using var search = runtime.Limit(TimeLimitOf(current), over);
        if (!sources.MayChange)
            return await FindInSessionAsync(current, hasMoved, search.Token).ConfigureAwait(false);
        var reason = _reason = sources.ReasonToLeave(current);
        Volatile.Write(ref _isRedirected, false);
        Volatile.Write(ref _limit, search);
        try
        {
            if (reason == Departure.None && !sources.IsRefusedInSession)
            {
                var found = await TryFindInSessionAsync(current, hasMoved, search).ConfigureAwait(false);
                if (found.IsSame is not false)
                    return found;
            }

            if (await sources.NextAsync(reason, current, search.Token).ConfigureAwait(false) is { } next)
                return (next.Connection, true);
            // The other source has gone meanwhile, and the session may have another connection.
            return (null, reason is Departure.GoingAway or Departure.Looped ? null : false);
        }
        finally
        {
            Volatile.Write(ref _limit, null);
        }
    }

    private async ValueTask<(MoqConnection? Connection, bool? IsSame)> TryFindInSessionAsync(
        Subscription current, bool hasMoved, TimeLimit search)
    {
        try
        {
            return await FindInSessionAsync(current, hasMoved, search.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!search.Token.IsCancellationRequested)
        {
            // The session has another connection, on which the broadcast is not announced in time.
            return (null, false);
        }
    }

    /// <summary>Waits for another connection of the session.</summary>
    /// <returns>The connection, and whether the track continues there; null if that connection ends before it is known.</returns>
    private async ValueTask<(MoqConnection? Connection, bool? IsSame)> FindInSessionAsync(
        Subscription current, bool hasMoved, CancellationToken token)
    {
        var found = await current.Connection.Host!.NextAsync(current.Connection, token).ConfigureAwait(false);
        if (found is null)
            return (null, false);
        // The time that another connection has to announce the broadcast begins with it.
        var limit = sources.MayChange ? token : over;
        return (found, await IsSameContentAsync(current.Connection, found, hasMoved, limit).ConfigureAwait(false));
    }

    /// <summary>
    /// Returns the maximum time to wait for another connection: a subscription that was not accepted because the peer is going away has no
    /// longer to wait than for the answer of a publisher.
    /// </summary>
    private static TimeSpan TimeLimitOf(Subscription current) => current.End is { } end && end.Code == MoqErrorCode.GoingAway
        ? current.Connection.Limits.SubscribeAnswer
        : Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Determines whether the track on another connection continues the one that is read. That is the case if two connections carry one
    /// session because both peers dialed at once. Who answers after one side has asked the other one to leave, or who has dialed again, may
    /// be another program: it has the same content only if it announces the broadcast with the same origin. See moq-lite, "Route
    /// Resolution".
    /// </summary>
    /// <param name="from">The connection that is left.</param>
    /// <param name="to">The other connection.</param>
    /// <param name="hasMoved">True if the track has moved to another connection before.</param>
    /// <param name="token">The token that ends the wait, at the latest with the track.</param>
    /// <returns>Null if the other connection ends before that is known.</returns>
    /// <exception cref="OperationCanceledException">The broadcast is not announced in time, or the token was canceled.</exception>
    private async ValueTask<bool?> IsSameContentAsync(MoqConnection from, MoqConnection to, bool hasMoved, CancellationToken token)
    {
        if (sources.IsFoundWithdrawn)
            return false;
        sources.Found = null;
        if (!from.IsLeaving && from.Host == to.Host)
            return true;
        // Whether the broadcast is the one that was read is not known if it was not announced where the track continued before.
        if (hasMoved && sources.Current is null)
            return false;
        using var limit = runtime.Limit(to.Limits.Handover, token);
        using var lost = to.Over.UnsafeRegister(static limit => ((TimeLimit)limit!).Cancel(), limit);
        try
        {
            var source = await to.Announced.WaitAsync(AnnouncedName, limit.Token).ConfigureAwait(false);
            sources.Found = source;
            return source.Route.HasOriginOf(broadcast.Route);
        }
        catch (OperationCanceledException) when (!to.IsOpen && !token.IsCancellationRequested)
        {
            return null;
        }
    }
}
