namespace IrohMoq.Reactive.Tests.Model;

/// <summary>One track with many readers: all of them share the payloads, and one that reads nothing does not raise the memory.</summary>
public sealed class FanOutTests
{
    private const int Groups = 50;
    private const int FramesPerGroup = 20;
    private const int FrameSize = 1_000;

    [Test]
    public void PayloadMemory_IsTheSameForAThousandReadersAsForOne([Values] bool lossless) =>
        Assert.That(PeakBytes(1_000, isOneDead: false, lossless), Is.EqualTo(PeakBytes(1, isOneDead: false, lossless)));

    [Test]
    public void DeadReader_DoesNotRaiseTheMemoryOfALiveTrack()
    {
        var options = new TrackOptions { MaxCachedBytes = 100_000 };
        var budget = options.MaxCachedBytes + (2 * FramesPerGroup * FrameSize);
        Assert.That(PeakBytes(1_000, isOneDead: true, lossless: false, options), Is.LessThanOrEqualTo(budget));
        Assert.That(PeakBytes(1_000, isOneDead: false, lossless: false, options), Is.LessThanOrEqualTo(budget));
    }

    private static long PeakBytes(int readers, bool isOneDead, bool lossless, TrackOptions? options = null)
    {
        var peak = 0L;
        Studio.Run(studio =>
        {
            using var track = studio.Track((options ?? new TrackOptions { MaxCachedGroups = 4 }) with { Lossless = lossless });
            var cursors = Enumerable.Range(0, readers).Select(_ => track.OpenCursor()).ToArray();
            var payload = new byte[FrameSize];
            for (var g = 0; g < Groups; g++)
            {
                using (var group = track.AppendGroup())
                {
                    for (var f = 0; f < FramesPerGroup; f++)
                        group.Write(payload);
                    group.Finish();
                }

                // A dead reader has taken the first group, and holds it.
                foreach (var cursor in isOneDead && g > 0 ? cursors[1..] : cursors)
                    Read(cursor, holds: isOneDead && cursor == cursors[0]);
                peak = Math.Max(peak, studio.Pool.BytesOut);
            }

            foreach (var cursor in cursors)
                cursor.Dispose();
        });
        return peak;
    }

    private static void Read(TrackCursor cursor, bool holds)
    {
        while (cursor.TryNext(out var group))
        {
            if (holds)
            {
                group.Take();
                return;
            }

            while (group.TryRead(out _))
            {
            }

            group.Dispose();
        }
    }
}
