using IrohMoq.Reactive.Testing.Tests.Faults;

namespace IrohMoq.Reactive.Testing.Tests.Transport;

/// <summary>A transport that throws what no transport may throw: nothing hangs, and the log has it.</summary>
public sealed class BrokenTransportTests
{
    public enum Side
    {
        Publisher,
        Subscriber,
    }

    // The calls that one side of the program below never makes.
    private static readonly HashSet<(Side Side, BrokenCall Call)> NeverMade =
    [
        (Side.Publisher, BrokenCall.OpenBidi),
        (Side.Publisher, BrokenCall.AcceptUni),
        (Side.Publisher, BrokenCall.Close),
        (Side.Subscriber, BrokenCall.OpenUni),
        (Side.Subscriber, BrokenCall.AcceptBidi),
        (Side.Subscriber, BrokenCall.WriteBlock),
        (Side.Subscriber, BrokenCall.Schedule),
        (Side.Subscriber, BrokenCall.NotifyEnd),
    ];

    [Test]
    public void CallThatThrows_IsLogged_AndEveryWaitEnds(
        [Values] Side side, [Values] BrokenCall call, [Values] bool isLossless) => Scene.Run(async scene =>
    {
        var log = new LogRecorder();
        var broken = new BrokenEndpoint(scene.AddRaw("broken"), call);
        await using var faulty = new Reactive.Moq(broken, scene.Options with { LoggerFactory = log });
        var healthy = scene.Add("healthy");
        var accepting = AcceptAsync(broken, faulty);
        var (publisher, subscriber) = side == Side.Publisher ? (faulty, healthy.Moq) : (healthy.Moq, faulty);
        using var broadcast = scene.Broadcast();
        var tracks = Enumerable.Range(0, 3)
            .Select(i => broadcast.CreateTrack($"{i}", new TrackOptions { Lossless = isLossless }))
            .ToArray();
        using var live = publisher.Publish("x", broadcast);
        var writing = tracks.Select(track => WriteAsync(scene, track)).ToArray();
        var session = await subscriber.ConnectAsync(side == Side.Publisher ? broken.Address : healthy.Address);
        var studio = await session.SubscribeAsync("x");
        var readings = new List<Task> { ReadAsync(studio.Track("0"), int.MaxValue), ReadAsync(studio.Track("1"), 3) };
        await scene.PauseAsync(0.5);
        broken.Break();
        readings.Add(ReadAsync(studio.Track("2"), int.MaxValue));
        readings.Add(ReadAsync(studio.Track("1"), 2));
        await scene.PauseAsync(1);
        broadcast.Abort(MoqErrorCode.Unsupported);
        await scene.PauseAsync(1);
        session.Close();
        await scene.PauseAsync(60);
        Assert.That(readings.Concat(writing).Select(static task => task.IsCompleted), Is.All.True, "each ends, with a failure or without");
        Assert.That(tracks.Select(static track => track.SubscriberCount), Is.All.Zero);
        Assert.That(broken.Failures > 0, Is.EqualTo(!NeverMade.Contains((side, call))));
        Assert.That(log.Of("StreamFailed").Count + log.Of("SessionFailed").Count > 0, Is.EqualTo(broken.Failures > 0));
        await broken.DisposeAsync();
        await accepting;
    });

    [Test]
    public void EndThatFails_IsTheEndOfTheEndpoint() => Scene.Run(async scene =>
    {
        var end = new TaskCompletionSource<Exception?>();
        var broken = new BrokenEndpoint(scene.AddRaw("broken"), BrokenCall.Read) { End = end.Task };
        await using var faulty = new Reactive.Moq(broken, scene.Options);
        var session = await faulty.ConnectAsync(scene.Add("healthy").Address);
        var isOver = false;
        using var events = faulty.SessionEvents().Subscribe(static _ => { }, _ => isOver = true);
        await scene.PauseAsync(1);
        end.SetException(new InvalidOperationException("the endpoint is broken"));
        await scene.PauseAsync(1);
        Assert.That((session.Closed.IsCompleted, isOver), Is.EqualTo((true, true)));
        var failure = await Failure.OfAsync<MoqException>(async () => await faulty.SubscribeAsync("x"));
        Assert.That(failure.Message, Does.Contain("the endpoint is broken"));
        await broken.DisposeAsync();
    });

    private static async Task AcceptAsync(BrokenEndpoint endpoint, Reactive.Moq moq)
    {
        endpoint.Listen(moq.ProtocolHandler.Protocols);
        try
        {
            while (true)
                await moq.ProtocolHandler.AcceptAsync(await endpoint.AcceptAsync(), CancellationToken.None);
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task WriteAsync(Scene scene, TrackProducer track)
    {
        try
        {
            for (var i = 0; i < 400; i++)
            {
                using var group = await track.AppendGroupAsync();
                await group.WriteAsync(new byte[100]);
                await scene.PauseAsync(0.01);
                await group.WriteAsync(new byte[20_000]);
                if (i % 7 == 6)
                    group.Abort(MoqErrorCode.Cancel);
                else
                    group.Finish();
            }
        }
        catch (MoqException)
        {
            // The track was aborted.
        }
    }

    private static async Task ReadAsync(TrackConsumer track, int groups)
    {
        try
        {
            await foreach (var group in track.ReadGroupsAsync())
            {
                try
                {
                    await foreach (var frame in group.ReadFramesAsync())
                    {
                        // All groups are read.
                    }
                }
                catch (MoqStreamException)
                {
                    // The group was aborted.
                }

                if (--groups == 0)
                    break;
            }
        }
        catch (MoqException)
        {
            // The track or the session was aborted.
        }
    }
}
