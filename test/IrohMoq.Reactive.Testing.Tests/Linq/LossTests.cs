using System.Reactive.Linq;
using IrohMoq.Reactive.Testing.Tests.Faults;

namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>
/// A loss is reported: a reading that ends with its session fails, and a broadcast says whether it was withdrawn or lost.
/// </summary>
public sealed class LossTests
{
    private static readonly BroadcastEnd Withdrawn = new(BroadcastEndCause.Withdrawn, MoqErrorCode.Cancel);

    public enum End
    {
        Finish,
        Abort,
        TakeBack,
        Close,
        Shutdown,
        Kill,
    }

    [TestCase(End.Finish, null)]
    [TestCase(End.Abort, typeof(MoqStreamException))]
    [TestCase(End.Close, typeof(MoqSessionClosedException))]
    [TestCase(End.Shutdown, typeof(MoqSessionClosedException))]
    [TestCase(End.Kill, typeof(MoqSessionClosedException))]
    public void Reading_SaysHowItEnded(End end, Type? failure) => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("x", broadcast);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        var lines = (await session.SubscribeAsync("x")).Track("lines");
        using var frames = peers.Note(lines.Frames().Select(Peers.Text));
        using var groups = peers.Note(lines.Groups().Do(static group => group.Dispose()).Select(static group => (long)group.Sequence));
        using var completing = peers.Note(lines.Frames().EndOnFailure().Select(Peers.Text));
        await peers.PauseAsync(1);
        Peers.Write(track, "one");
        await peers.PauseAsync(1);
        await EndAsync(peers, end, live, broadcast, track, session);
        await peers.PauseAsync(40);
        Assert.That(frames.Items, Is.EqualTo(new[] { "one" }));
        Assert.That((frames.Failure?.GetType(), groups.Failure?.GetType()), Is.EqualTo((failure, failure)));
        Assert.That((frames.IsCompleted, groups.IsCompleted), Is.EqualTo((failure is null, failure is null)));
        Assert.That(completing.IsCompleted, Is.True, "one reading that fails does not fail the query that it is part of");
    });

    [TestCase(End.Finish, BroadcastEndCause.Withdrawn, 0u)]
    [TestCase(End.Abort, BroadcastEndCause.Withdrawn, 0u)]
    [TestCase(End.TakeBack, BroadcastEndCause.Withdrawn, 0u)]
    [TestCase(End.Close, BroadcastEndCause.SessionEnded, 71u)]
    [TestCase(End.Shutdown, BroadcastEndCause.SessionEnded, 0u)]
    [TestCase(End.Kill, BroadcastEndCause.SessionEnded, 3u)]
    public void BroadcastOfAPeer_SaysHowItEnded(End end, BroadcastEndCause cause, uint code) => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("x", broadcast);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        var remote = await session.SubscribeAsync("x");
        await EndAsync(peers, end, live, broadcast, track, session);
        var closed = await remote.Closed;
        Assert.That((closed.Cause, closed.Code.Value), Is.EqualTo((cause, code)));
    });

    [Test, Fault(54)]
    public void BroadcastOfOnesOwn_SaysHowItEnded() => Peers.Run(async peers =>
    {
        Assert.That(
            await EndOf(static broadcast => broadcast.Finish()),
            Is.EqualTo(new BroadcastEnd(BroadcastEndCause.Finished, MoqErrorCode.Cancel)));
        Assert.That(
            await EndOf(static broadcast => broadcast.Abort(MoqErrorCode.Timeout)),
            Is.EqualTo(new BroadcastEnd(BroadcastEndCause.Aborted, MoqErrorCode.Timeout)));
        Assert.That(
            await EndOf(static broadcast => broadcast.Dispose()),
            Is.EqualTo(new BroadcastEnd(BroadcastEndCause.Aborted, MoqErrorCode.Dropped)));

        async Task<BroadcastEnd> EndOf(Action<BroadcastProducer> end)
        {
            using var broadcast = new BroadcastProducer(peers.Network.Runtime);
            using var reader = broadcast.Consume();
            end(broadcast);
            return await reader.Closed;
        }
    });

    [Test]
    public void BroadcastThatIsReplaced_IsWithdrawn() => Peers.Run(async peers =>
    {
        var (first, _) = peers.NewBroadcast();
        var (second, _) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("x", first);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        var remote = await session.SubscribeAsync("x");
        using var instead = peers.Alice.Publish("x", second);
        Assert.That(await remote.Closed, Is.EqualTo(Withdrawn));
    });

    [Test]
    public void Frames_SayWhereTheyStand() => Peers.Run(async peers =>
    {
        var (broadcast, track) = peers.NewBroadcast();
        using var live = peers.Alice.Publish("x", broadcast);
        var session = await peers.Bob.ConnectAsync(peers.ToAlice);
        using var frames = peers.Note((await session.SubscribeAsync("x")).Track("lines").Frames().Select(
            static frame => $"{frame.Group}.{frame.Index} {Peers.Text(frame)}"));
        await peers.PauseAsync(1);
        for (var g = 0; g < 3; g++)
        {
            using var group = track.AppendGroup();
            group.Write("a"u8);
            group.Write("b"u8);
            await peers.PauseAsync(1);
            if (g == 1)
                group.Abort(MoqErrorCode.FromApplication(1));
            else
                group.Write("c"u8);
            if (g != 1)
                group.Finish();
            await peers.PauseAsync(1);
        }

        Assert.That(
            frames.Items, Is.EqualTo(new[] { "0.0 a", "0.1 b", "0.2 c", "1.0 a", "1.1 b", "2.0 a", "2.1 b", "2.2 c" }), "the loss shows");
    });

    private static async Task EndAsync(
        Peers peers, End end, IDisposable live, BroadcastProducer broadcast, TrackProducer track, MoqSession session)
    {
        switch (end)
        {
            case End.Finish:
                track.Finish();
                broadcast.Finish();
                break;
            case End.Abort:
                broadcast.Abort(MoqErrorCode.FromApplication(9));
                break;
            case End.TakeBack:
                live.Dispose();
                break;
            case End.Close:
                session.Close(MoqErrorCode.FromApplication(7), "enough");
                break;
            case End.Shutdown:
                await peers.Alice.ShutdownAsync();
                break;
            case End.Kill:
                peers.Network.Kill(peers.Alice);
                break;
        }
    }
}
