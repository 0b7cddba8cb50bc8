using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// The reader of a track of 10 MB/s pauses for 8 s: a small track beside it keeps 0.9 of its rate, and the large one goes on within 2 s
/// after the pause. Live, then lossless.
/// </summary>
internal static class PauseStress
{
    private const int Frame = 100_000;
    private const double PerSecond = 100;
    private const double Wanted = 0.9;

    public static async Task<string?> RunAsync() => await RunAsync(isLossless: false) ?? await RunAsync(isLossless: true);

    private static async Task<string?> RunAsync(bool isLossless)
    {
        var kind = isLossless ? "lossless" : "live";
        var link = await StressLink.StartAsync();
        var big = link.Broadcast.CreateTrack("big", new TrackOptions { Lossless = isLossless });
        var small = new Ticks(link.Broadcast, "small", 100);
        var robot = await link.SubscribeAsync();
        var reading = new BulkReading(robot.Track("big"));
        _ = BulkWriting.WriteAsync(big, Frame, 1, PerSecond, TimeSpan.FromMinutes(1));
        small.Begin(robot);
        await Task.Delay(TimeSpan.FromSeconds(2));
        reading.IsPaused = true;
        // A second at a time: a mean would hide that it stands still at the end.
        for (var second = 1; second <= 8; second++)
        {
            var share = await small.ShareAsync(TimeSpan.FromSeconds(1));
            Console.WriteLine($"  {kind}, {second} s paused: the small track has {share:0.00} of its rate");
            if (share < Wanted)
                return $"{kind}: in second {second} of the pause the small track has {share:0.00} of its rate";
        }

        var before = reading.Frames;
        reading.IsPaused = false;
        await Task.Delay(TimeSpan.FromSeconds(2));
        // What was taken in before the pause is read at once; what counts is that new groups come.
        var afterwards = reading.Frames;
        await Task.Delay(TimeSpan.FromSeconds(1));
        return reading.Frames > afterwards && afterwards > before ? null : $"{kind}: the large track does not go on after the pause";
    }
}
