using System.Reactive.Linq;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Groups of a remote track as an observable: a group that an operator drops is released, and a group that is read later must be kept.
/// </summary>
public sealed class ObservedGroupsTests
{
    private const int Groups = 400;
    private const int Size = 100_000;

    /// <summary>The memory of the current group and the next one, far less than the share.</summary>
    private const int Few = 8 * Size;

    [Test]
    public void GroupsThatWhereDrops_AreGivenBack([Values] bool lossless) => Run(lossless, async (scene, track, remote, received) =>
    {
        var (seen, most) = (new List<ulong>(), 0L);
        var reading = remote.Groups()
            .Do(_ => most = Math.Max(most, received.BytesOut))
            .Where(static group => group.Sequence % 100 == 0)
            .ForEachAsync(group => seen.Add(group.Sequence));
        await WriteAsync(scene, track);
        await reading;
        Assert.That(seen, Is.EqualTo(new ulong[] { 0, 100, 200, 300 }));
        Assert.That((most > 0, most < Few, remote.Skipped), Is.EqualTo((true, true, 0L)), $"{most} bytes at most");
    });

    [Test]
    public void GroupsThatSampleDrops_AreGivenBack([Values] bool lossless) => Run(lossless, async (scene, track, remote, received) =>
    {
        var (seen, most) = (0, 0L);
        var reading = remote.Groups()
            .Do(_ => most = Math.Max(most, received.BytesOut))
            .Sample(TimeSpan.FromSeconds(1), scene.Options.Scheduler!)
            .ForEachAsync(_ => seen++);
        await WriteAsync(scene, track);
        await reading;
        Assert.That(
            (seen is > 2 and < 10, most > 0, most < Few, remote.Skipped),
            Is.EqualTo((true, true, true, 0L)),
            $"{seen} seen, {most} bytes at most");
    });

    [Test]
    public void GroupThatTakeEndsWith_IsGivenBack_AndSoIsTheTrack(
        [Values] bool lossless) => Run(lossless, static async (scene, track, remote, received) =>
    {
        var taken = remote.Groups().Take(3).ToList().RunAsync(default);
        for (var i = 0; i < 3; i++)
            await PutAsync(scene, track);
        var groups = await taken;
        Assert.That(groups.Select(static group => group.Sequence), Is.EqualTo(new ulong[] { 0, 1, 2 }));
        await track.WaitForNoSubscriberAsync();
        await scene.PauseAsync(1);
        Assert.That(received.BytesOut, Is.Zero);
        foreach (var group in groups)
            Assert.That(
                (await Failure.OfAsync<ObjectDisposedException>(async () => await ReadAsync(group))).Message,
                Does.Contain(nameof(GroupConsumer.Keep)));
    });

    [Test]
    public void GroupThatIsReadAfterTheNextOne_MustBeKept(
        [Values] bool isKept) => Run(lossless: false, async (scene, track, remote, received) =>
    {
        GroupConsumer? first = null;
        using var reading = remote.Groups().Where(static group => group.Sequence == 0).Subscribe(
            group => first = isKept ? group.Keep() : group);
        for (var i = 0; i < 3; i++)
            await PutAsync(scene, track);
        await scene.PauseAsync(1);
        if (isKept)
            Assert.That(await ReadAsync(first!), Is.EqualTo(Size));
        else
            Assert.That(
                (await Failure.OfAsync<ObjectDisposedException>(async () => await ReadAsync(first!))).Message,
                Does.Contain(nameof(GroupConsumer.Keep)));
        Assert.That(received.BytesOut, Is.LessThan(3 * Size), "a kept group is released when it has been read");
    });

    private static void Run(bool lossless, Func<Scene, TrackProducer, TrackConsumer, BlockPool, Task> body) => Scene.Run(async scene =>
    {
        var received = new BlockPool();
        var alice = scene.Add("alice");
        var bob = scene.Add("bob", new MoqOptions { Limits = SessionLimits.Default with { Pool = received } });
        using var broadcast = scene.Broadcast();
        using var track = broadcast.CreateTrack("t", new TrackOptions { Lossless = lossless });
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        await using var remote = await session.SubscribeAsync("x");
        await body(scene, track, remote.Track("t"), received);
    });

    private static async Task WriteAsync(Scene scene, TrackProducer track)
    {
        for (var i = 0; i < Groups; i++)
            await PutAsync(scene, track);
        track.Finish();
    }

    private static async Task PutAsync(Scene scene, TrackProducer track)
    {
        await track.WaitForSubscriberAsync();
        using (var group = await track.AppendGroupAsync())
        {
            await group.WriteAsync(new byte[Size]);
            group.Finish();
        }

        await scene.PauseAsync(0.01);
    }

    private static async ValueTask<int> ReadAsync(GroupConsumer group)
    {
        var bytes = 0;
        await foreach (var frame in group.ReadFramesAsync())
            bytes += frame.Length;
        return bytes;
    }
}
