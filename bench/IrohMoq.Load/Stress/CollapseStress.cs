using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Tests that all small frames of a lossless track are read within a time limit, although the reader pauses once for 3 s.
/// </summary>
internal static class CollapseStress
{
    private const int Size = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task<string?> RunAsync() => await RunAsync(1_000_000, 64) ?? await RunAsync(100_000, 1);

    private static async Task<string?> RunAsync(int frames, int perGroup)
    {
        var link = await StressLink.StartAsync();
        var track = link.Broadcast.CreateTrack("track", new TrackOptions { Lossless = true });
        var robot = await link.SubscribeAsync();
        var reading = new BulkReading(robot.Track("track"));
        var clock = Stopwatch.StartNew();
        await track.WaitForSubscriberAsync();
        var writing = WriteAsync(track, frames, perGroup);
        while (reading.Frames < 1000 && clock.Elapsed < Limit)
            await Task.Delay(1);
        reading.IsPaused = true;
        await Task.Delay(Pause);
        reading.IsPaused = false;
        while (clock.Elapsed < Limit && !reading.Done.IsCompleted)
            await Task.Delay(10);
        Console.WriteLine($"  {perGroup} a group: {reading.Frames} of {frames} frames after {clock.Elapsed.TotalSeconds:0.0} s");
        if (reading.Done.IsCompletedSuccessfully && writing.IsCompletedSuccessfully)
            return reading.Frames >= frames
                ? null
                : $"{perGroup} frames a group: the track ended after {reading.Frames} of {frames} frames, without an error";
        return reading.Done.IsCompleted
            ? $"{perGroup} frames a group: the reading ended after {reading.Frames} of {frames} frames: "
                + $"{reading.Done.Exception?.GetBaseException().Message}"
            : $"{perGroup} frames a group: {reading.Frames} of {frames} frames are read after {Limit.TotalSeconds:0} s";
    }

    private static async Task WriteAsync(TrackProducer track, int frames, int perGroup)
    {
        await BulkWriting.WriteAsync(track, frames, Size, perGroup);
        track.Finish();
    }
}
