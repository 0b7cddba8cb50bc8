namespace IrohMoq.Reactive.Tests.Model;

/// <summary>A fixture that runs alone, because it looks at the memory of the whole process.</summary>
public sealed class WaiterLeakTests
{
    private const int Waits = 10_000;
    private const long MostLeft = 300_000;

    public enum Wait
    {
        ForRoomForAGroup,
        ForRoomForAFrame,
        ForASubscriber,
        ForNoSubscriber,
        ForAGroup,
        ForAFrame,
        ForABroadcast,
        ForAnAnnouncement,
    }

    [Test]
    public void ManyCanceledWaits_LeaveNothingBehind([Values] Wait wait) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 10 });
        using var group = track.AppendGroup();
        using var cursor = wait == Wait.ForASubscriber ? null : track.OpenCursor();
        using var reader = wait is Wait.ForAGroup or Wait.ForAFrame ? cursor!.Take() : null;
        if (reader is null)
            group.Push(20);
        var origin = new OriginProducer(studio.World.Runtime);
        using var announcements = origin.OpenAnnouncements(default);
        await CancelManyAsync(100);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await CancelManyAsync(Waits);
        // The scheduler of virtual time keeps the earlier due time of a timer until that time.
        await studio.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.That(
            GC.GetTotalMemory(forceFullCollection: true) - before,
            Is.LessThan(MostLeft),
            "of which each wait that stays would take a hundred");

        async Task CancelManyAsync(int count)
        {
            var together = wait is Wait.ForAGroup or Wait.ForAFrame or Wait.ForRoomForAFrame or Wait.ForAnAnnouncement ? 1 : 100;
            for (var i = 0; i < count; i += together)
            {
                using var giveUp = new CancellationTokenSource();
                var given = Enumerable.Range(0, together).Select(_ => Begin(giveUp.Token)).ToArray();
                giveUp.Cancel();
                await studio.SettleAsync();
                Assert.That(given.Count(static one => one.IsCanceled), Is.EqualTo(together));
            }
        }

        Task Begin(CancellationToken cancel) => wait switch
        {
            Wait.ForRoomForAGroup => track.AppendGroupAsync(cancel).AsTask(),
            Wait.ForRoomForAFrame => group.WriteAsync(new byte[1], cancel).AsTask(),
            Wait.ForASubscriber => track.WaitForSubscriberAsync(cancel).AsTask(),
            Wait.ForNoSubscriber => track.WaitForNoSubscriberAsync(cancel).AsTask(),
            Wait.ForAGroup => cursor!.WaitAsync(cancel).AsTask(),
            Wait.ForAFrame => reader!.WaitAsync(cancel).AsTask(),
            Wait.ForABroadcast => origin.WaitAsync("nobody", cancel).AsTask(),
            _ => announcements.WaitAsync(cancel).AsTask(),
        };
    });
}
