namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Measures that a frame is appended and read without an allocation once the pools are warm.</summary>
public sealed class FrameAllocationTests
{
    private const int Few = 100;
    private const int Many = 20_000;
    private const int Rounds = 5;

    [Test]
    public void LargeGroup_AllocatesNoMoreThanASmallOne([Values] bool lossless, [Values] bool readsAtOnce) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = lossless, MaxCachedGroups = 2 });
        using var reader = studio.Consumer().Open();
        await LeastAsync(track, reader, Many, readsAtOnce);
        var few = await LeastAsync(track, reader, Few, readsAtOnce);
        var many = await LeastAsync(track, reader, Many, readsAtOnce);
        Assert.That(many, Is.EqualTo(few), $"{Many} frames, and {Few}");
    });

    private static async ValueTask<long> LeastAsync(TrackProducer track, TrackReader reader, int frames, bool readsAtOnce)
    {
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var read = await WriteAndReadAsync(track, reader, frames, readsAtOnce);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.That(read, Is.EqualTo(frames));
        }

        return least;
    }

    // Everything is there when it is asked for, so no step waits and all of them run on this thread.
    private static async ValueTask<int> WriteAndReadAsync(TrackProducer track, TrackReader reader, int frames, bool readsAtOnce)
    {
        using var group = track.AppendGroup();
        var reading = await reader.ReadGroupAsync() ?? throw new InvalidOperationException("The track has ended.");
        await using var frame = reading.ReadFramesAsync().GetAsyncEnumerator();
        var read = 0;
        for (var f = 0; f < frames; f++)
        {
            Write(group);
            if (readsAtOnce && await frame.MoveNextAsync())
                read += frame.Current.Length / 100;
        }

        group.Finish();
        while (await frame.MoveNextAsync())
            read += frame.Current.Length / 100;
        return read;
    }

    private static void Write(GroupProducer group)
    {
        Span<byte> payload = stackalloc byte[100];
        group.Write(payload);
    }
}
