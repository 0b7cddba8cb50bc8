using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Counts the group streams of one subscription that are under way, and waits for those that are late: some publishers end a subscription
/// right after they have queued its last group. Safe for any thread, with one waiter.
/// </summary>
internal sealed class GroupArrivals(MoqConnection connection)
{
    private static readonly TimeSpan MaxLate = TimeSpan.FromSeconds(2);

    private readonly Signal _changed = new(connection.Runtime);
    private long _lastEnded;
    private int _underWay;

    /// <summary>Gets how long a group that is sent now may be under way.</summary>
    public TimeSpan Late { get; private set; } = connection.Limits.LateGroups;

    /// <summary>
    /// Derives <see cref="Late"/> from how long the publisher took to answer: the path takes part of that time, and a packet or two may be
    /// lost.
    /// </summary>
    public void SetAnswerTime(TimeSpan answer)
    {
        var late = 3 * answer;
        Late = late < connection.Limits.LateGroups ? connection.Limits.LateGroups : late > MaxLate ? MaxLate : late;
    }

    /// <summary>Counts a group stream that has begun.</summary>
    public void OnBegun() => Interlocked.Increment(ref _underWay);

    /// <summary>Counts a group stream that is over.</summary>
    public void OnEnded()
    {
        Volatile.Write(ref _lastEnded, connection.Runtime.GetTimestamp());
        Interlocked.Decrement(ref _underWay);
        _changed.Set();
    }

    /// <summary>Waits until no group is under way.</summary>
    public async ValueTask WaitForNoneAsync()
    {
        while (Volatile.Read(ref _underWay) > 0)
            await _changed.WaitAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until no group is under way and none has come for the time that a group may be late.</summary>
    /// <returns>False if the connection is over.</returns>
    public async ValueTask<bool> WaitForLateAsync()
    {
        var from = connection.Runtime.GetTimestamp();
        while (true)
        {
            await WaitForNoneAsync().ConfigureAwait(false);
            if (!connection.IsOpen)
                return false;
            var quiet = connection.Runtime.GetElapsedTime(Math.Max(from, Volatile.Read(ref _lastEnded)));
            if (quiet >= Late)
                return true;
            await connection.Runtime.DelayAsync(Late - quiet).ConfigureAwait(false);
        }
    }
}
