using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Lists the broadcasts that a peer announces, first the current ones and then the changes.</summary>
/// <remarks>
/// moq-lite-03 has no message that marks the end of the current announcements. A peer sends them at once when the session begins, so the
/// list counts as complete when nothing has been announced for half a second or, on a slow path, for four round trips. If the
/// announcements change all the time, the list ends at a limit.
/// </remarks>
internal sealed class AnnouncedList : IAsyncDisposable
{
    private const int QuietRoundTrips = 4;

    private readonly MoqSession _session;
    private readonly Runtime _runtime;
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<Announcement> _changes;
    private readonly SortedSet<BroadcastPath> _current = [];
    private Task<bool> _next;

    public AnnouncedList(MoqSession session, BroadcastPath prefix, Runtime runtime, CancellationToken cancellationToken)
    {
        (_session, _runtime) = (session, runtime);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _changes = session.ReadAnnouncementsAsync(prefix, _stop.Token).GetAsyncEnumerator(_stop.Token);
        _next = _changes.MoveNextAsync().AsTask();
    }

    private static TimeSpan MinQuietTime { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets a value indicating whether the limit has ended the list, because the announcements changed all the time.</summary>
    public bool IsCut { get; private set; }

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
    /// <returns>The broadcasts, in the order of their names.</returns>
    public async Task<IReadOnlyCollection<BroadcastPath>> ReadCurrentAsync(TimeSpan limit)
    {
        var from = _runtime.GetTimestamp();
        while (true)
        {
            var left = limit - _runtime.GetElapsedTime(from);
            var quiet = QuietTime;
            IsCut = left < quiet;
            if (left <= TimeSpan.Zero || !await IsInTimeAsync(IsCut ? left : quiet).ConfigureAwait(false))
                return _current;
            IsCut = false;
            if (!await TryReadAsync().ConfigureAwait(false))
                return _current;
        }
    }

    /// <summary>Reports the changes until the session ends.</summary>
    public async Task FollowAsync(IOutput output)
    {
        while (await _next.ConfigureAwait(false))
        {
            output.Report(new ListedBroadcast(_changes.Current.Path, _changes.Current.IsActive, IsChange: true));
            _next = _changes.MoveNextAsync().AsTask();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // An enumerator is disposed only after its pending step has ended.
        _stop.Cancel();
        await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _changes.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task<bool> TryReadAsync()
    {
        if (!await _next.ConfigureAwait(false))
            return false;
        if (_changes.Current.IsActive)
            _current.Add(_changes.Current.Path);
        else
            _current.Remove(_changes.Current.Path);
        _next = _changes.MoveNextAsync().AsTask();
        return true;
    }

    private async Task<bool> IsInTimeAsync(TimeSpan time)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var quiet = _runtime.DelayAsync(time, stop.Token).AsTask();
        var first = await Task.WhenAny(_next, quiet).ConfigureAwait(false);
        stop.Cancel();
        _stop.Token.ThrowIfCancellationRequested();
        return first == _next;
    }
}
