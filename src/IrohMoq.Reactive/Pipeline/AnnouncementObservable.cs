using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>The bridge from announcements that are pulled to announcements that are pushed: one cursor for each subscriber, delivered on the scheduler.</summary>
internal sealed class AnnouncementObservable(OriginConsumer origin, BroadcastPath prefix, IScheduler scheduler, Turns turns) : IObservable<Announcement>
{
    public IDisposable Subscribe(IObserver<Announcement> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var stop = new CancellationDisposable();
        turns.Post(() => _ = PumpAsync(observer, stop.Token));
        return stop;
    }

    private async Task PumpAsync(IObserver<Announcement> observer, CancellationToken stop)
    {
        using var cursor = origin.OpenAnnouncements(prefix);
        var delivered = new Signal(turns);
        try
        {
            do
            {
                while (cursor.TryNext(out var announcement))
                    await DeliverAsync(() => observer.OnNext(announcement)).ConfigureAwait(false);
            }
            while (await cursor.WaitAsync(stop).ConfigureAwait(false));

            await DeliverAsync(observer.OnCompleted).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Unsubscribed.
        }

        // One at a time, in order, on the scheduler; what changes meanwhile is coalesced by the cursor.
        async ValueTask DeliverAsync(Action deliver)
        {
            scheduler.Schedule(deliver, (_, action) =>
            {
                if (!stop.IsCancellationRequested)
                    action();
                delivered.Set();
                return Disposable.Empty;
            });
            await delivered.WaitAsync(stop).ConfigureAwait(false);
        }
    }
}
