namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>Two peers of this library: single groups from the cache of the publisher, with FETCH or without.</summary>
public sealed class FetchTests
{
    private static readonly string[] Versions = Fetching.Versions;

    [Test]
    public void GroupOfThePast_IsFetched_WithoutASubscription([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            test.Put("a");
            test.Put("b", frames: 0);
            test.Put("c");
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo("0: a0 a1 a2"));
            Assert.That(await Fetching.FetchAsync(test.Remote, 1), Is.EqualTo("1: "));
            Assert.That(await Fetching.FetchAsync(test.Remote, 2), Is.EqualTo("2: c0 c1 c2"));
            await test.Scene.PauseAsync(1);
            Assert.That(test.Track.SubscriberCount, Is.Zero);
        });

    [Test]
    public void GroupThatDoesNotExist_IsNotFound([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo(test.NotFound));
            test.Put("a");
            Assert.That(await Fetching.FetchAsync(test.Remote, 9), Is.EqualTo(test.NotFound));
            Assert.That(await Fetching.FetchAsync(test.RemoteBroadcast.Track("nothing"), 0), Is.EqualTo("13 (not found)"));
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo("0: a0 a1 a2"));
        });

    [Test]
    public void GroupThatIsNoLongerKept_IsEvicted([ValueSource(nameof(Versions))] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            test.Put("a");
            test.Put("b");
            test.Put("c");
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo("31 (evicted)"));
            Assert.That(await Fetching.FetchAsync(test.Remote, 1), Is.EqualTo("1: b0 b1 b2"));
        },
        new TrackOptions { MaxCachedGroups = 2 });

    [Test]
    public void GroupThatWasAborted_EndsWithItsCode([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            test.Track.AppendGroup().Abort(MoqErrorCode.FromApplication(9));
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo("73 (application 9)"));
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "b", 1);
            var group = await test.Remote.FetchAsync(1);
            open.Abort(MoqErrorCode.FromApplication(10));
            Assert.That(await Fetching.ReadAsync(group), Does.EndWith("74 (application 10)"));
        });

    [Test]
    public void GroupThatIsWritten_ArrivesAsItGrows([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 2);
            var group = await test.Remote.FetchAsync(0);
            var frames = group.ReadFramesAsync().GetAsyncEnumerator();
            for (var i = 0; i < 4; i++)
            {
                if (i >= 2)
                    Fetching.Write(open, "a", 1, from: i);
                var began = test.Scene.Seconds;
                Assert.That(await frames.MoveNextAsync(), Is.True);
                Assert.That(frames.Current.ToArray(), Is.EqualTo(System.Text.Encoding.UTF8.GetBytes($"a{i}")));
                Assert.That(test.Scene.Seconds - began, Is.LessThan(0.011));
            }

            open.Finish();
            Assert.That(await frames.MoveNextAsync(), Is.False);
        });

    [Test]
    public void FramesCarryTheirTimes_FromTheFirstOneThatIsAskedFor([Values("moq-lite-05", "moq-lite-06")] string protocol) => Fetching.Run(
        protocol,
        static async test =>
        {
            test.Put("a", frames: 4);
            using var group = await test.Remote.FetchAsync(0, new FetchOptions { FirstFrame = 2 });
            var times = new List<double>();
            await foreach (var frame in group.ReadFramesAsync())
                times.Add(frame.Timestamp.TotalMilliseconds);
            Assert.That(times, Is.EqualTo(new[] { 1040d, 1060d }));
        },
        new TrackOptions { Timescale = 90_000 });

    [Test]
    public void FirstFrame_LeavesOutThoseBefore_AndMustExist([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            test.Put("a");
            Assert.That(await Fetching.FetchAsync(test.Remote, 0, new FetchOptions { FirstFrame = 1 }), Is.EqualTo("0: a1 a2"));
            Assert.That(await Fetching.FetchAsync(test.Remote, 0, new FetchOptions { FirstFrame = 3 }), Is.EqualTo("0: "));
            var beyond = await Fetching.FetchAsync(test.Remote, 0, new FetchOptions { FirstFrame = 4 });
            Assert.That(beyond, Does.EndWith("13 (not found)"));
        });

    [Test]
    public void CanceledRequest_IsWithdrawn([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            using var open = test.Track.AppendGroup();
            using var cancel = new CancellationTokenSource();
            var fetching = test.Remote.FetchAsync(0, null, cancel.Token).AsTask();
            await test.Scene.PauseAsync(1);
            Assert.That(fetching.IsCompleted, Is.False, "it has no frame yet");
            cancel.Cancel();
            await Failure.OfAsync<OperationCanceledException>(async () => await fetching);
            await test.Scene.PauseAsync(0.1);
            lock (test.Track.Gate)
                Assert.That(test.Track.State.Cache.Newest!.Readers.IsAny, Is.False, "the publisher has ended the answer");
        });

    [Test]
    public void GroupThatIsDisposed_IsSentNoFurther([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 1);
            (await test.Remote.FetchAsync(0)).Dispose();
            await test.Scene.PauseAsync(0.1);
            Assert.That(test.Track.SubscriberCount, Is.Zero);
            // The next frame is not sent, and releases the group where a subscription has sent it.
            Fetching.Write(open, "a", 1, from: 1);
            await test.Scene.PauseAsync(0.1);
            lock (test.Track.Gate)
                Assert.That(test.Track.State.Cache.Newest!.Readers.IsAny, Is.False);
        });

    [Test]
    public void GroupWithoutFrames_IsNotWaitedForLongerThanTenSeconds([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            using var open = test.Track.AppendGroup();
            Assert.That(await Fetching.FetchAsync(test.Remote, 0), Is.EqualTo("3 (timeout)"));
            Assert.That(test.Scene.Seconds, Is.EqualTo(10).Within(0.2));
        });

    [Test]
    public void SessionThatEnds_EndsTheRequest_AndTheGroup([ValueSource(nameof(Versions))] string protocol) =>
        Fetching.Run(protocol, static async test =>
        {
            using var open = test.Track.AppendGroup();
            Fetching.Write(open, "a", 1);
            using var empty = test.Track.AppendGroup();
            var group = await test.Remote.FetchAsync(0);
            var fetching = Fetching.FetchAsync(test.Remote, 1);
            var reading = Fetching.ReadAsync(group);
            await test.Scene.PauseAsync(0.1);
            test.Session.Close();
            Assert.That(await reading, Does.StartWith("a0 "));
            Assert.That(await fetching, Does.StartWith("1: ").Or.EqualTo("closed"));
            await Failure.OfAsync<MoqSessionClosedException>(async () => await test.Remote.FetchAsync(0));
        });

    [Test]
    public void TooHighNumber_IsAnArgument() => Fetching.Run("moq-lite-06", static async test =>
    {
        await Failure.OfAsync<ArgumentOutOfRangeException>(async () => await test.Remote.FetchAsync(TrackProducer.MaxSequence + 1));
        Assert.That(() => new FetchOptions { FirstFrame = -1 }, Throws.TypeOf<ArgumentOutOfRangeException>());
    });
}
