using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Tests a pause of 8 s of the reader of a track of 10 MB/s: a small track of the same session must keep at least 0.9 of its rate, and the
/// large track must continue within 2 s after the pause. Runs with a live and then with a lossless large track.
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
        // Measured second by second, because an average would hide a stall at the end.
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
        // Groups that were received before the pause are read immediately. The test requires that new groups arrive.
        var afterwards = reading.Frames;
        await Task.Delay(TimeSpan.FromSeconds(1));
        return reading.Frames > afterwards && afterwards > before ? null : $"{kind}: the large track does not go on after the pause";
    }
}
