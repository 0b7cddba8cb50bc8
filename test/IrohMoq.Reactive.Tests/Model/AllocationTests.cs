namespace IrohMoq.Reactive.Tests.Model;

public sealed class AllocationTests
{
    private const int Frames = 100_000;
    private const int MostPerFrame = 16;

    [Test]
    public void WriteAndReadOfManySmallFrames_AllocateNothingOnceThePoolsAreWarm([Values] bool lossless) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = lossless, DropsWithoutReaders = true });
        // As many groups as the track keeps, and one more.
        for (var g = 0; g < 5; g++)
            await WriteAndReadAsync(track);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = await WriteAndReadAsync(track);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(read, Is.EqualTo(Frames * 100L));
        Assert.That(allocated / (double)Frames, Is.LessThan(MostPerFrame), $"{allocated} bytes for {Frames} frames");
    });

    /// <summary>Every group exists when it is asked for, so no step waits and all of them run on this thread.</summary>
    private static async ValueTask<long> WriteAndReadAsync(TrackProducer track)
    {
        using var group = track.AppendGroup();
        using var cursor = track.OpenCursor();
        using var reader = cursor.Take();
        var payload = new byte[100];
        var read = 0L;
        for (var f = 0; f < Frames; f++)
            await group.WriteAsync(payload);
        group.Finish();
        await foreach (var frame in reader.ReadFramesAsync())
            read += frame.Payload.Length;
        return read;
    }
}
