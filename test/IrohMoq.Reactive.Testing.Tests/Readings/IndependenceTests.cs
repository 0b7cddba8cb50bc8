namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Readers are independent: beside a reader that is paused, slow or gone, another track, another reader of the same track, a new
/// subscription and a new announcement keep the pace that they have without it.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class IndependenceTests
{
    private const double Least = 0.9;

    [Test, Pairwise]
    public void OthersKeepTheirPace(
        [Values(ReaderManner.Paused, ReaderManner.Slow, ReaderManner.Disposed, ReaderManner.BreaksOff, ReaderManner.Forgotten)]
        ReaderManner manner,
        [Values] bool lossless,
        [Values(1, 16)] int framesPerGroup,
        [Values(100, 64 << 10, 2 << 20)] int groupSize,
        [Values(1, 16)] int windowMiB,
        [Values(1, 50)] int tracks,
        [Values] bool alone) =>
        Check(manner, new Terms(lossless, framesPerGroup, groupSize, windowMiB, tracks, alone));

    [Test]
    public void OthersKeepTheirPace_WhereBytesAreMany(
        [Values(ReaderManner.Paused, ReaderManner.Slow, ReaderManner.Disposed, ReaderManner.BreaksOff, ReaderManner.Forgotten)]
        ReaderManner manner,
        [Values] bool lossless,
        [Values] bool alone) =>
        Check(manner, new Terms(lossless, FramesPerGroup: 16, GroupSize: 512 << 10, WindowMiB: 1, Tracks: 1, alone));

    private static void Check(ReaderManner manner, Terms terms)
    {
        var (without, with) = (Disturbance.Measure(ReaderManner.Absent, terms), Disturbance.Measure(manner, terms));
        TestContext.Out.WriteLine($"without {without}, with {with}");
        Assert.That((without.SecondTrack > 0, without.SameTrack > 0), Is.EqualTo((true, !terms.Alone)), "the measure measures something");
        Assert.Multiple(() =>
        {
            Assert.That(with.SecondTrack, Is.GreaterThanOrEqualTo(without.SecondTrack * Least), "another track");
            Assert.That(with.SameTrack, Is.GreaterThanOrEqualTo(without.SameTrack * Least), "another reader of the same track");
            // Its first group may have to wait for credit of the connection that the other readings use and return.
            Assert.That(with.Subscription, Is.LessThanOrEqualTo((without.Subscription / Least) + Scene.Latency), "a new subscription");
            Assert.That(with.Announcement, Is.LessThanOrEqualTo(without.Announcement / Least), "a new announcement");
        });
    }
}
