namespace IrohMoq.Load;

/// <summary>
/// Tests a live track of 100 MB/s together with a small track that is subscribed to after one second: the small track must deliver its
/// first group within 2 s and keep at least 0.9 of its rate, and the large track must never stall for 2 s.
/// </summary>
internal static class StarveStress
{
    private const int Frame = 65_536;
    private const int PerGroup = 16;
    private const double Rate = 100e6;
    private const double Wanted = 0.9;
    private const int Seconds = 10;

    public static async Task<string?> RunAsync()
    {
        var link = await StressLink.StartAsync();
        var bulk = link.Broadcast.CreateTrack("bulk");
        var control = new Ticks(link.Broadcast, "control", 100);
        var robot = await link.SubscribeAsync();
        var reading = new BulkReading(robot.Track("bulk"));
        _ = Task.Run(() => BulkWriting.WriteAsync(bulk, Frame, PerGroup, Rate / Frame, TimeSpan.FromMinutes(1)));
        await Task.Delay(TimeSpan.FromSeconds(1));
        control.Begin(robot);
        await Task.Delay(TimeSpan.FromSeconds(2));
        if (control.Read == 0)
            return "the small track does not open within 2 s";
        for (var second = 2; second <= Seconds; second += 2)
        {
            var before = reading.Bytes;
            var share = await control.ShareAsync(TimeSpan.FromSeconds(2));
            Console.WriteLine(
                $"  {second,2} s: the small track has {share:0.00} of its rate, bulk {(reading.Bytes - before) / 2e6:0} MB/s, groups "
                + $"broken off {reading.Broken}, skipped {reading.Skipped}");
            if (share < Wanted)
                return $"the small track has {share:0.00} of its rate";
            if (reading.Bytes == before)
                return "the large track stands still for 2 s";
        }

        return null;
    }
}
