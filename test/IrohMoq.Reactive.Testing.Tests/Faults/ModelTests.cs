using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>The faults that the original inherits from its moq-lite library, as far as no other class has their tests.</summary>
public sealed class ModelTests
{
    [Test, Fault(43)]
    public void HigherPriority_IsSentFirst([Values] bool bySubscriber) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7)
        {
            Latency = TimeSpan.FromSeconds(Scene.Latency),
            TracesArrivals = false,
            Bandwidth = 1 << 20,
            MaxUniStreams = 4,
        },
        async scene =>
        {
            var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
            using var broadcast = scene.Broadcast();
            using var low = broadcast.CreateTrack("low", new TrackOptions { Priority = bySubscriber ? (byte)0 : (byte)10 });
            using var high = broadcast.CreateTrack("high", new TrackOptions { Priority = bySubscriber ? (byte)0 : (byte)200 });
            using var live = publisher.Moq.Publish("x", broadcast);
            var remote = await (await reader.ConnectAsync(publisher)).SubscribeAsync("x");
            var began = scene.Seconds;
            var ends = (ReadAsync("low", 1), ReadAsync("high", 9));
            await low.WaitForSubscriberAsync();
            await high.WaitForSubscriberAsync();
            foreach (var track in new[] { low, high })
            {
                for (var i = 0; i < 20; i++)
                    Put(track, 25_000);
                track.Finish();
            }

            var (lowEnd, highEnd) = (await ends.Item1, await ends.Item2);
            // Both together take a second.
            Assert.That((highEnd, lowEnd), Is.EqualTo((0.55, 1.0)).Using<double>((a, b) => Math.Abs(a - b) < 0.15));

            async Task<double> ReadAsync(string name, byte priority)
            {
                var options = new SubscribeOptions { Priority = bySubscriber ? priority : (byte)0 };
                await foreach (var group in remote.Track(name).ReadGroupsAsync(options))
                {
                    await foreach (var frame in group.ReadFramesAsync())
                        Assert.That(frame.Length, Is.EqualTo(25_000));
                }

                return scene.Seconds - began;
            }
        });

    [Test, Fault(44)]
    public void DuplicateAnnouncementAndUnknownEnd_ChangeNothing() => Scene.Run(static async scene =>
    {
        var (session, stream) = await AnnouncingAsync(scene);
        await stream.WriteAsync(new Announce(true, "x"), MoqVersion.Lite03);
        var broadcast = await session.SubscribeAsync("x");
        await stream.WriteAsync(new Announce(true, "x"), MoqVersion.Lite03);
        await stream.WriteAsync(new Announce(false, "never"), MoqVersion.Lite03);
        await stream.WriteAsync(new Announce(true, "y"), MoqVersion.Lite03);
        await session.SubscribeAsync("y");
        Assert.That((broadcast.Closed.IsCompleted, session.Closed.IsCompleted), Is.EqualTo((false, false)));
        await stream.WriteAsync(new Announce(false, "x"), MoqVersion.Lite03);
        await stream.WriteAsync(new Announce(false, "x"), MoqVersion.Lite03);
        Assert.That((await broadcast.Closed).Cause, Is.EqualTo(BroadcastEndCause.Withdrawn));
        await scene.PauseAsync(1);
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test, Fault(45)]
    public void MemoryOfATrack_IsBounded_AlsoWhileNothingIsWritten() => Scene.Run(static async scene =>
    {
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack(
            "t", new TrackOptions { MaxCachedBytes = 4 << 20, MaxAge = TimeSpan.FromSeconds(5) });
        for (var i = 0; i < 100; i++)
        {
            Put(track, 1 << 20);
            Assert.That(track.CachedBytes, Is.LessThan(6 << 20));
        }

        await scene.PauseAsync(6);
        Assert.That(track.CachedBytes, Is.LessThan(2 << 20), "only the newest group is left");
        using var group = track.AppendGroup();
        var tooLarge = Assert.Throws<MoqStreamException>(() => group.Write(new byte[GroupProducer.MaxFrameSize + 1]));
        Assert.That(tooLarge?.Code, Is.EqualTo(MoqErrorCode.FrameTooLarge));
    });

    [Test, Fault(47)]
    public void GroupThatIsResetWithZero_WasCanceled() => Scene.Run(static async scene =>
    {
        Assert.That(await CodeAfterAsync(scene, static group => group.Abort(MoqErrorCode.Cancel)), Is.EqualTo(MoqErrorCode.Cancel));
    });

    [Test, Fault(48)]
    public void GroupThatIsForgottenByItsProducer_Ends() => Scene.Run(static async scene =>
    {
        Assert.That(await CodeAfterAsync(scene, static group => group.Dispose()), Is.EqualTo(MoqErrorCode.Dropped));
    });

    [Test, Fault(50)]
    public void NameOfATrackThatHasEnded_CanBeUsedAgain([Values] bool isAborted) => Scene.Run(async scene =>
    {
        var (publisher, reader) = (scene.Add("publisher"), scene.Add("reader"));
        using var broadcast = scene.Broadcast();
        using var live = publisher.Moq.Publish("x", broadcast);
        var remote = await (await reader.ConnectAsync(publisher)).SubscribeAsync("x");
        foreach (var text in new[] { "first", "second" })
        {
            using var track = broadcast.CreateTrack("t");
            Scene.Say(track, text);
            Assert.That(await Scene.HearAsync(remote), Is.EqualTo(text));
            if (isAborted)
                track.Abort(MoqErrorCode.FromApplication(1));
            else
                track.Finish();
            // The reader that has left is still subscribed at this moment.
            await scene.PauseAsync(1);
        }
    });

    /// <summary>A stream that says nothing stays without effect on those after it.</summary>
    [Test, Fault(51)]
    public void SilentControlStream_DelaysNoOther() => Scene.Run(static async scene =>
    {
        var alice = scene.Add("alice");
        using var broadcast = scene.Saying("hello");
        using var live = alice.Moq.Publish("x", broadcast);
        var raw = scene.AddRaw("raw");
        var peer = await raw.ConnectAsync(alice.Address, ["moq-lite-03"]);
        for (var i = 0; i < 10; i++)
            await (await peer.OpenBidiAsync()).Send.WriteAsync(new byte[] { (byte)BidiStreamType.Subscribe });
        var began = scene.Seconds;
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteOpeningAsync(new Subscribe(0, "x", "t", default), MoqVersion.Lite03);
        Assert.That(await stream.Receive.ReadAsync(new byte[64]), Is.GreaterThan(0));
        Assert.That(scene.Seconds - began, Is.LessThan(0.1));
    });

    private static async Task<MoqErrorCode?> CodeAfterAsync(Scene scene, Action<GroupProducer> end)
    {
        // Later versions have no code of their own for what a producer has forgotten.
        var options = new MoqOptions { Protocols = ["moq-lite-03"] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = publisher.Moq.Publish("x", broadcast);
        var remote = await (await reader.ConnectAsync(publisher)).SubscribeAsync("x");
        using var reading = remote.Track("t").Open();
        await track.WaitForSubscriberAsync();
        var written = track.AppendGroup();
        written.Write([1]);
        var group = await reading.ReadGroupAsync() ?? throw new AssertionException("There is no group.");
        await using var frames = group.ReadFramesAsync().GetAsyncEnumerator();
        Assert.That(await frames.MoveNextAsync(), Is.True);
        end(written);
        return (await Failure.OfAsync<MoqStreamException>(async () => await frames.MoveNextAsync())).Code;
    }

    private static async Task<(MoqSession Session, ISendStream Announcements)> AnnouncingAsync(Scene scene)
    {
        var raw = scene.AddRaw("raw", "moq-lite-03");
        var bob = scene.Add("bob");
        var accepting = raw.AcceptAsync();
        var session = await bob.Moq.ConnectAsync(raw.Address);
        return (session, (await (await accepting).AcceptBidiAsync()).Send);
    }

    private static void Put(TrackProducer track, int bytes)
    {
        using var group = track.AppendGroup();
        group.Write(new byte[bytes]);
        group.Finish();
    }
}
