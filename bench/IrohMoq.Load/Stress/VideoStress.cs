namespace IrohMoq.Load;

/// <summary>
/// Tests a video of 8 Mbit/s with a group per second, together with audio. The reader of the video pauses for 26 s, in which more data is
/// written than windows and caches hold. The audio must keep at least 0.9 of its rate. After the pause the video must continue within 2 s,
/// and then be no older than the maximum age of a live track plus the length of a group plus one second.
/// </summary>
internal static class VideoStress
{
    private const int Frame = 33_000;
    private const int PerSecond = 30;
    private const int PerGroup = 30;
    private const int Pause = 26;
    private const double Wanted = 0.9;
    private static readonly TimeSpan MostAge = TimeSpan.FromSeconds(5 + 1 + 1);

    public static async Task<string?> RunAsync()
    {
        var link = await StressLink.StartAsync();
        var video = link.Broadcast.CreateTrack("video");
        var audio = new Ticks(link.Broadcast, "audio", 50);
        var robot = await link.SubscribeAsync();
        var reading = new BulkReading(robot.Track("video"));
        _ = FilmAsync(video);
        audio.Begin(robot);
        await Task.Delay(TimeSpan.FromSeconds(3));
        reading.IsPaused = true;
        for (var second = 1; second <= Pause; second++)
        {
            var share = await audio.ShareAsync(TimeSpan.FromSeconds(1));
            if (share < Wanted)
                return $"in second {second} of the pause the audio has {share:0.00} of its rate";
        }

        var before = reading.Frames;
        reading.IsPaused = false;
        await Task.Delay(TimeSpan.FromSeconds(2));
        if (reading.Frames == before)
            return "the video does not go on within 2 s after the pause";
        reading.ForgetAges();
        before = reading.Frames;
        await Task.Delay(TimeSpan.FromSeconds(3));
        Console.WriteLine(
            $"  after the pause: {(reading.Frames - before) / 3.0:0} frames/s, {reading.HighestAge.TotalSeconds:0.0} s old at most, out of "
            + $"order {reading.Backwards}, broken off {reading.Broken}, skipped {reading.Skipped}");
        if (reading.Frames == before)
            return "the video stands still after the pause";
        if (reading.HighestAge > MostAge)
            return $"2 s after the pause the video is {reading.HighestAge.TotalSeconds:0.0} s old";
        return reading.Backwards == 0 ? null : $"{reading.Backwards} groups come after newer ones";
    }

    private static async Task FilmAsync(Reactive.TrackProducer track)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var frame = new byte[Frame];
        for (var written = 0L; ;)
        {
            using var group = track.AppendGroup();
            for (var i = 0; i < PerGroup; i++, written++)
            {
                while (written / (double)PerSecond > clock.Elapsed.TotalSeconds)
                    await Task.Delay(1);
                BitConverter.TryWriteBytes(frame, System.Diagnostics.Stopwatch.GetTimestamp());
                group.Write(frame);
            }

            group.Finish();
        }
    }
}
