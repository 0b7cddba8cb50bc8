using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Commands;

/// <summary>Lists what a peer announces, also hidden names, first the current broadcasts and then the changes.</summary>
/// <remarks>
/// From moq-lite-05 on, the peer marks the end of the current announcements. In older versions, it sends them at once when the session
/// begins, so the list counts as complete when nothing has been announced for half a second or, on a slow path, for four round trips. If
/// the announcements change all the time, the list ends at a limit.
/// </remarks>
internal sealed class AnnouncedList : IAsyncDisposable
{
    private const int QuietRoundTrips = 4;

    private readonly MoqSession _session;
    private readonly BroadcastPath _prefix;
    private readonly Runtime _runtime;
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<Announcement> _changes;
    private readonly SortedDictionary<BroadcastPath, Announcement> _current = [];
    private readonly Task<bool> _caughtUp;
    private Task<bool> _next;

    /// <param name="session">The session with the peer.</param>
    /// <param name="prefix">The prefix of the names.</param>
    /// <param name="isFollowed">
    /// True if the list is followed, so that changes of routes count as changes. Otherwise, they do not delay the end of the list.
    /// </param>
    /// <param name="runtime">The clock.</param>
    /// <param name="cancellationToken">The token that ends the list.</param>
    public AnnouncedList(
        MoqSession session, BroadcastPath prefix, bool isFollowed, Runtime runtime, CancellationToken cancellationToken)
    {
        (_session, _prefix, _runtime) = (session, prefix, runtime);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _changes = session.OriginConsumer
            .ReadAnnouncementsAsync(prefix, includeHidden: true, includeRouteChanges: isFollowed, _stop.Token)
            .GetAsyncEnumerator(_stop.Token);
        _caughtUp = session.WaitUntilCaughtUpAsync(_stop.Token);
        _next = _changes.MoveNextAsync().AsTask();
    }

    private static TimeSpan MinQuietTime { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets a value indicating whether the limit has ended the list, because the announcements changed all the time.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Gets a value indicating whether the peer has marked the end of the current announcements.</summary>
    public bool IsTold { get; private set; }

    private TimeSpan QuietTime
    {
        get
        {
            var roundTrips = (_session.GetStatistics().SmoothedRtt ?? TimeSpan.Zero) * QuietRoundTrips;
            return roundTrips > MinQuietTime ? roundTrips : MinQuietTime;
        }
    }

    /// <summary>Reads the current broadcasts.</summary>
    /// <param name="limit">The maximum time.</param>
    /// <returns>The broadcasts as they were announced last, in the order of their names.</returns>
    public async Task<IReadOnlyCollection<Announcement>> ReadCurrentAsync(TimeSpan limit)
    {
        var from = _runtime.GetTimestamp();
        // The peer marks the end, or it is known that it does not.
        IsTold = await IsInTimeAsync(_caughtUp, limit).ConfigureAwait(false) && await _caughtUp.ConfigureAwait(false);
        while (!IsTold || IsAnyUnread())
        {
            var left = limit - _runtime.GetElapsedTime(from);
            var quiet = QuietTime;
            IsCut = left < quiet;
            if (left <= TimeSpan.Zero || !await IsInTimeAsync(_next, IsCut ? left : quiet).ConfigureAwait(false))
                break;
            IsCut = false;
            // Most changes are there already.
            do
            {
                if (!await TryReadAsync().ConfigureAwait(false))
                    return _current.Values;
            }
            while (_next.IsCompleted && _runtime.GetElapsedTime(from) < limit);
        }

        return _current.Values;
    }

    /// <summary>Reports the changes until the session ends.</summary>
    /// <param name="report">The action that is called for each change.</param>
    public async Task FollowAsync(Action<Announcement> report)
    {
        while (await _next.ConfigureAwait(false))
        {
            report(_changes.Current);
            _next = _changes.MoveNextAsync().AsTask();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // An enumerator is disposed only after its pending step has ended.
        _stop.Cancel();
        await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)_caughtUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _changes.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Determines whether the session has received an announcement that has not been read yet.</summary>
    private bool IsAnyUnread() =>
        _session.OriginConsumer.Names.Any(path => _prefix.IsPrefixOf(path) && !_current.ContainsKey(path));

    private async Task<bool> TryReadAsync()
    {
        if (!await _next.ConfigureAwait(false))
            return false;
        if (_changes.Current.IsActive)
            _current[_changes.Current.Path] = _changes.Current;
        else
            _current.Remove(_changes.Current.Path);
        _next = _changes.MoveNextAsync().AsTask();
        return true;
    }

    private async Task<bool> IsInTimeAsync(Task task, TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
            return task.IsCompleted;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var quiet = _runtime.DelayAsync(time, stop.Token).AsTask();
        var first = await Task.WhenAny(task, quiet).ConfigureAwait(false);
        stop.Cancel();
        _stop.Token.ThrowIfCancellationRequested();
        return first == task;
    }
}
