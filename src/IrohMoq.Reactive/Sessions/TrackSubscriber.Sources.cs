using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <content>
/// Moves the track subscriber to another source of its broadcast: when its session is over, when the peer withdraws or refuses what is
/// read, and when the peer goes away.
/// </content>
internal sealed partial class TrackSubscriber
{
    private readonly IBroadcastFront? _front;
    private readonly RefusedSources _refused;
    private SourceWatch? _watch;
    private TimeLimit? _search;
    private Departure _searchReason;
    private bool _isRedirected;
    private bool _isRefusedInSession;

    /// <summary>Specifies why the track subscriber has to leave a source although its session is not over.</summary>
    private enum Departure
    {
        None,
        Refused,
        Withdrawn,
        Looped,
        GoingAway,
    }

    /// <summary>Gets a value indicating whether the track is read from one of several sources.</summary>
    public bool HasSources => _front is not null;

    /// <summary>
    /// Refuses the answer of a source that was withdrawn before it has answered. A peer tells of a withdrawal before it answers a later
    /// request, so that the answer comes from what has the name now, which may have other content.
    /// </summary>
    /// <exception cref="MoqStreamException">The source was withdrawn. Another source is asked.</exception>
    public void ThrowIfReplaced(Subscription subscription)
    {
        if (_front is not null && !subscription.IsAccepted && subscription == Volatile.Read(ref _current)
            && IsWithdrawn(Volatile.Read(ref _source)))
            throw new MoqStreamException(MoqErrorCode.NotFound, $"The peer has withdrawn '{Path}' before it has answered for {Name}.");
    }

    /// <summary>Determines whether the track ends with a subscription.</summary>
    private bool IsLast(Subscription current, SubscriptionEnd end) =>
        IsNowhere || current.Connection.Host is null || (!end.IsLost && !MayTryOthers(end));

    /// <summary>Determines whether another source is asked after a subscription has failed: that may be the fault of one source.</summary>
    private bool MayTryOthers(SubscriptionEnd end) =>
        _front is not null && end.Failure is not null && !Volatile.Read(ref _isEnding) && !_refused.IsFull(end);

    /// <summary>
    /// Returns why the current source is to be left. A peer that goes away is left for another source, if there is one; else the session
    /// may have another connection soon.
    /// </summary>
    private Departure ReasonToLeave(Subscription current)
    {
        if (_front is null)
            return Departure.None;
        if (current.End is { IsLost: false })
            return Departure.Refused;
        if (IsWithdrawn(Volatile.Read(ref _source)))
            return Departure.Withdrawn;
        if (IsLooped && HasSourceWithoutLoop(_front))
            return Departure.Looped;
        return current.Connection.Goaway.IsReceived && HasOther(_front) ? Departure.GoingAway : Departure.None;
    }

    /// <summary>Ends a search that began for another reason, so that it begins anew.</summary>
    private void Redirect(Subscription current)
    {
        if (_front is null || Volatile.Read(ref _search) is not { } search || ReasonToLeave(current) == _searchReason)
            return;
        Volatile.Write(ref _isRedirected, true);
        search.Cancel();
    }

    /// <summary>Waits for another connection of the session, and then, if there is a front, for another source.</summary>
    /// <returns>The connection, and whether the track continues there; null if that is to be found out again.</returns>
    /// <exception cref="OperationCanceledException">There is no connection in time, or the search begins anew.</exception>
    private async ValueTask<(MoqConnection? Connection, bool? IsSame)> FindNextAsync(Subscription current)
    {
        using var search = _runtime.Limit(SearchLimit(current), _over.Token);
        if (_front is null)
            return await FindInSessionAsync(current, search.Token).ConfigureAwait(false);
        var reason = _searchReason = ReasonToLeave(current);
        Volatile.Write(ref _isRedirected, false);
        Volatile.Write(ref _search, search);
        try
        {
            if (reason == Departure.None && !Volatile.Read(ref _isRefusedInSession))
            {
                var found = await TryFindInSessionAsync(current, search).ConfigureAwait(false);
                if (found.IsSame is not false)
                    return found;
            }

            return await FindElsewhereAsync(_front, reason, search.Token).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _search, null);
        }
    }

    private async ValueTask<(MoqConnection? Connection, bool? IsSame)> TryFindInSessionAsync(Subscription current, TimeLimit search)
    {
        try
        {
            return await FindInSessionAsync(current, search.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!search.Token.IsCancellationRequested)
        {
            // The session has another connection, on which the broadcast is not announced in time.
            return (null, false);
        }
    }

    private async ValueTask<(MoqConnection? Connection, bool? IsSame)> FindElsewhereAsync(
        IBroadcastFront front, Departure reason, CancellationToken token)
    {
        if (reason == Departure.Refused)
            _refused.Add(Volatile.Read(ref _source), Volatile.Read(ref _current).End);
        var next = reason == Departure.Refused
            ? front.Find(Left(), _state.ReadingPeers())
            : await front.NextAsync(Left(), _state, token).ConfigureAwait(false);
        if (next is not null)
        {
            Volatile.Write(ref _found, next.Broadcast);
            return (next.Connection, true);
        }

        // The other source has gone meanwhile, and the session may have another connection.
        return (null, reason is Departure.GoingAway or Departure.Looped ? null : false);
    }

    /// <summary>Records that the subscription to which the track was to move was refused.</summary>
    private void OnRefused(SubscriptionEnd refusal)
    {
        if (_front is null)
            return;
        _refused.Add(Volatile.Read(ref _found), refusal);
        Volatile.Write(ref _isRefusedInSession, true);
    }

    private bool HasOther(IBroadcastFront front) => front.Find(Left(), []) is not null;

    /// <summary>Returns the sources that are not to be used next.</summary>
    private HashSet<BroadcastProducer> Left() => _refused.With(Volatile.Read(ref _source));

    /// <summary>Follows what happens to the source of a subscription, and keeps its session open.</summary>
    private void WatchSource(Subscription subscription)
    {
        if (_front is null)
            return;
        Volatile.Write(ref _isRefusedInSession, false);
        var source = Volatile.Read(ref _source);
        var held = source is null ? null : _front.HoldSession(source);
        Interlocked.Exchange(ref _watch, new SourceWatch(source, subscription.Connection, _changed, held))?.Dispose();
        // The track may have ended meanwhile.
        if (_over.IsCancellationRequested)
            UnwatchSource();
    }

    private void UnwatchSource() => Interlocked.Exchange(ref _watch, null)?.Dispose();

    /// <summary>
    /// Determines whether a group that a publisher has reset may come again from another source, because its source has lost the publisher
    /// before it: that is known a little later. A group that was dropped on purpose does not come again.
    /// </summary>
    private bool MayBeResent(BrokenGroup broken) => _front is not null
        && broken.Code != MoqErrorCode.Evicted && broken.Code != MoqErrorCode.Old && broken.Code != MoqErrorCode.DeliveryTimeout
        && HasOther(_front);

    /// <summary>Aborts a group that was reset, unless its source is left in time.</summary>
    private async Task ExpireUnlessLeftAsync(Subscription from, ulong sequence)
    {
        try
        {
            await _runtime.DelayAsync(from.LateGroups, _over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        // What is left over after the move is aborted there.
        if (from == Volatile.Read(ref _current) && from.End is null && ReasonToLeave(from) == Departure.None)
            _arriving.GiveUp(sequence, sequence);
    }
}
