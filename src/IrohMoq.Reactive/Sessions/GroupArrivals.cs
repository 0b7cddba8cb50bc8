using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Counts the active group streams of one subscription, and waits for late ones, because some publishers end a subscription right after
/// they have queued its last group. This type is thread-safe, but supports only one waiter.
/// </summary>
internal sealed class GroupArrivals(MoqConnection connection)
{
    private static readonly TimeSpan MaxLate = TimeSpan.FromSeconds(2);

    private readonly Signal _changed = new(connection.Runtime);
    private long _lastEnded;
    private int _underWay;

    /// <summary>Gets the maximum time that a group stream may take to arrive after the publisher has sent it.</summary>
    public TimeSpan Late { get; private set; } = connection.Limits.LateGroups;

    /// <summary>
    /// Derives <see cref="Late"/> from the time that the publisher took to answer. It is three times that time, to leave room for the
    /// delay of the network path and for lost packets, but not less than the configured limit and not more than two seconds.
    /// </summary>
    public void SetAnswerTime(TimeSpan answer)
    {
        var late = 3 * answer;
        Late = late < connection.Limits.LateGroups ? connection.Limits.LateGroups : late > MaxLate ? MaxLate : late;
    }

    /// <summary>Counts a group stream that has begun.</summary>
    public void OnBegun() => Interlocked.Increment(ref _underWay);

    /// <summary>Counts a group stream that has ended.</summary>
    public void OnEnded()
    {
        Volatile.Write(ref _lastEnded, connection.Runtime.GetTimestamp());
        Interlocked.Decrement(ref _underWay);
        _changed.Set();
    }

    /// <summary>Records that a group has arrived as a datagram.</summary>
    public void OnArrived() => _changed.Set();

    /// <summary>Waits until no group stream is active.</summary>
    public async ValueTask WaitForNoneAsync()
    {
        while (Volatile.Read(ref _underWay) > 0)
            await _changed.WaitAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until no group stream is active, and either every group has come or none has ended for some time, so that groups that arrive
    /// late are not missed.
    /// </summary>
    /// <param name="late">The time.</param>
    /// <param name="hasAll">Determines whether every group has come, or null if that is not known.</param>
    /// <param name="ended">A token that ends the wait because the groups are not wanted any more.</param>
    /// <returns>False if the connection is over.</returns>
    public async ValueTask<bool> WaitForLateAsync(TimeSpan late, Func<bool>? hasAll, CancellationToken ended)
    {
        var from = connection.Runtime.GetTimestamp();
        while (true)
        {
            if (hasAll?.Invoke() == true)
                return true;
            await WaitForNoneAsync().ConfigureAwait(false);
            if (!connection.IsOpen)
                return false;
            var quiet = connection.Runtime.GetElapsedTime(Math.Max(from, Volatile.Read(ref _lastEnded)));
            if (quiet >= late || ended.IsCancellationRequested || hasAll?.Invoke() == true)
                return true;
            await WaitForChangeAsync(late - quiet, ended).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitForChangeAsync(TimeSpan time, CancellationToken ended)
    {
        using var limit = connection.Runtime.Limit(time, ended);
        await using var over = connection.Over
            .UnsafeRegister(static changed => ((Signal)changed!).Set(), _changed).ConfigureAwait(false);
        try
        {
            await _changed.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time has elapsed, or the wait has ended.
        }
    }
}
