using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Lists the broadcasts that a peer announces, first the current ones and then the changes.</summary>
/// <remarks>
/// moq-lite-03 has no message that marks the end of the current announcements. A peer sends them at once when the session begins, so the
/// list counts as complete when nothing has been announced for half a second or, on a slow path, for four round trips.
/// </remarks>
internal sealed class AnnouncedList(MoqSession session, BroadcastPath prefix, IOutput output, Runtime runtime)
{
    private const int QuietRoundTrips = 4;

    private static TimeSpan MinQuietTime { get; } = TimeSpan.FromMilliseconds(500);

    private TimeSpan QuietTime
    {
        get
        {
            var roundTrips = (session.GetStatistics().SmoothedRtt ?? TimeSpan.Zero) * QuietRoundTrips;
            return roundTrips > MinQuietTime ? roundTrips : MinQuietTime;
        }
    }

    /// <summary>Reports the current broadcasts and, if requested, the changes until the session ends.</summary>
    /// <returns>The number of broadcasts that were current.</returns>
    public async Task<int> ReportAsync(bool isFollowed, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changes = session.ReadAnnouncementsAsync(prefix, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = changes.MoveNextAsync().AsTask();
        try
        {
            var current = new SortedSet<BroadcastPath>();
            while (await IsInTimeAsync(next, stop.Token).ConfigureAwait(false) && await next.ConfigureAwait(false))
            {
                if (changes.Current.IsActive)
                    current.Add(changes.Current.Path);
                else
                    current.Remove(changes.Current.Path);
                next = changes.MoveNextAsync().AsTask();
            }

            foreach (var path in current)
                output.Report(new ListedBroadcast(path, IsActive: true, IsChange: false));
            while (isFollowed && await next.ConfigureAwait(false))
            {
                output.Report(new ListedBroadcast(changes.Current.Path, changes.Current.IsActive, IsChange: true));
                next = changes.MoveNextAsync().AsTask();
            }

            return current.Count;
        }
        finally
        {
            // An enumerator is disposed only after its pending step has ended.
            stop.Cancel();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await changes.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> IsInTimeAsync(Task<bool> next, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var quiet = runtime.DelayAsync(QuietTime, stop.Token).AsTask();
        var first = await Task.WhenAny(next, quiet).ConfigureAwait(false);
        stop.Cancel();
        cancellationToken.ThrowIfCancellationRequested();
        return first == next;
    }
}
