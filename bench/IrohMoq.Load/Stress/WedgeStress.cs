namespace IrohMoq.Load;

/// <summary>
/// Tests bursts on a live track that are larger than its windows and caches: the session must stay alive, data of every burst must be read
/// within 2 s, and another track must deliver data afterwards.
/// </summary>
internal static class WedgeStress
{
    private const long Burst = 30_000_000;
    private const int Frame = 65_536;
    private const int PerGroup = 16;
    private const int Rounds = 4;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    public static async Task<string?> RunAsync()
    {
        var link = await StressLink.StartAsync();
        var bulk = link.Broadcast.CreateTrack("bulk");
        var ticks = new Ticks(link.Broadcast, "ticks", 100);
        var robot = await link.SubscribeAsync();
        var reading = new BulkReading(robot.Track("bulk"));
        await bulk.WaitForSubscriberAsync();
        for (var round = 1; round <= Rounds; round++)
        {
            var before = reading.Bytes;
            await BulkWriting.WriteAsync(bulk, Burst / Frame, Frame, PerGroup);
            await Task.Delay(Between);
            Console.WriteLine(
                $"  burst {round}: read {(reading.Bytes - before) / 1e6:0.0} MB within 2 s, groups broken off {reading.Broken}, skipped "
                + $"{reading.Skipped}");
            if (reading.Bytes == before)
                return $"nothing of burst {round} is read within 2 s";
            if (reading.Done.IsCompleted)
                return $"the reading ended: {reading.Done.Exception?.GetBaseException().Message}";
        }

        ticks.Begin(robot);
        await Task.Delay(Between);
        return ticks.Read > 0 ? null : "another track does not open within 2 s";
    }
}
