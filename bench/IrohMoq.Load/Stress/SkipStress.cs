using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Tests a live track with a reader that is too slow: the numbers of groups that were read, aborted and reported as skipped must add up,
/// and while the track is written, no frame that is read may be older than the maximum age of the track plus one second.
/// </summary>
internal static class SkipStress
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostAge = MaxAge + TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(12);

    public static async Task<string?> RunAsync() =>
        await RunAsync(200, 100_000, TimeSpan.FromMilliseconds(20)) ?? await RunAsync(1000, 100, TimeSpan.FromMilliseconds(10));

    private static async Task<string?> RunAsync(int perSecond, int size, TimeSpan afterEach)
    {
        var link = await StressLink.StartAsync();
        var track = link.Broadcast.CreateTrack("track", new TrackOptions { MaxAge = MaxAge });
        var robot = await link.SubscribeAsync();
        var reading = new BulkReading(robot.Track("track"), afterEach);
        var written = (ulong)await BulkWriting.WriteAsync(track, size, 1, perSecond, Time);
        var highestAge = reading.HighestAge;
        track.Finish();
        // After the end of the track, its cached groups no longer expire. They are delivered as fast as the reader reads.
        var rest = (2 * MaxAge.TotalSeconds * perSecond * afterEach) + TimeSpan.FromSeconds(5);
        await Task.WhenAny(reading.Done, Task.Delay(rest));
        var what = $"{perSecond} groups of {size} bytes a second";
        Console.WriteLine(
            $"  {what}: written {written}, read {reading.Whole}, broken off {reading.Broken}, reported as skipped {reading.Skipped}, "
            + $"backwards {reading.Backwards}, highest age {highestAge.TotalSeconds:0.0} s, "
            + $"and {reading.HighestAge.TotalSeconds:0.0} s with what is kept at the end");
        if (highestAge > MostAge)
            return $"{what}: the reader gets a frame that is {highestAge.TotalSeconds:0.0} s old";
        if (!reading.Done.IsCompleted)
            return $"{what}: the reader is not at the end {rest.TotalSeconds:0} s after it";
        var accounted = (ulong)(reading.Whole + reading.Broken + reading.Skipped);
        // Groups that were dropped after the last group that was read may or may not be counted; both are correct.
        return accounted >= reading.Highest - reading.First + 1 && accounted <= written - reading.First
            ? null
            : $"{what}: groups {reading.First} to {written - 1} were written, {reading.Whole} read, {reading.Broken} broken off, "
                + $"{reading.Skipped} reported as skipped";
    }
}
