using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// The publisher tells where the track ends, and the groups before that end do not come: datagrams that are lost on their way, of which
/// nobody reports anything. They are missed, as a gap between two groups is.
/// </summary>
public sealed class LostTailTests
{
    [Test]
    public void GroupsBeforeTheEnd_ThatAreLost_AreMissed(
        [Values("moq-lite-05", "moq-lite-06")] string protocol,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order,
        [Values(null, 3UL)] ulong? end) => Run(protocol, async (scene, track) =>
    {
        using var reader = track.Open(new SubscribeOptions { Start = GroupStart.From(0), Order = order, End = end });
        using (var first = await reader.ReadGroupAsync())
            Assert.That((first?.Sequence, first?.Skipped), Is.EqualTo((0UL, 0L)));
        Assert.That(await reader.ReadGroupAsync(), Is.Null);
        Assert.That(reader.Skipped, Is.EqualTo(end ?? 4), "groups 1 to 4, or up to the last one that is read");
        Assert.That(scene.Seconds, Is.LessThan(12));
    });

    [Test]
    public void ReadingThatMustNotMissAGroup_Fails(
        [Values("moq-lite-05", "moq-lite-06")] string protocol,
        [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order) => Run(protocol, async (_, track) =>
    {
        using var reader = track.Open(
            new SubscribeOptions { Start = GroupStart.From(0), Order = order, MissedGroupPolicy = MissedGroupPolicy.Fail });
        using (var first = await reader.ReadGroupAsync())
            Assert.That(first?.Sequence, Is.Zero);
        var failure = await Failure.OfAsync<MoqStreamException>(async () => await reader.ReadGroupAsync());
        Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.Evicted));
    });

    [Test]
    public void ReaderThatHasLeftBefore_HasNotMissedThem(
        [Values("moq-lite-05", "moq-lite-06")] string protocol, [Values] bool isAtItsEnd) => Run(protocol, async (_, track) =>
    {
        using var other = track.Open(new SubscribeOptions { Start = GroupStart.From(0) });
        using var reader = track.Open(new SubscribeOptions { Start = GroupStart.From(0), End = isAtItsEnd ? 0 : null });
        using (var first = await reader.ReadGroupAsync())
            Assert.That(first?.Sequence, Is.Zero);
        if (isAtItsEnd)
            Assert.That(await reader.ReadGroupAsync(), Is.Null);
        else
            reader.Dispose();
        while (await other.ReadGroupAsync() is not null)
        {
            // The other one reads to the end.
        }

        Assert.That((reader.Skipped, other.Skipped), Is.EqualTo((0, 4)));
    });

    private static void Run(string protocol, Func<Scene, TrackConsumer, Task> body) => Scene.Run(async scene =>
    {
        _ = MoqVersions.TryFromAlpn(protocol, out var version);
        var raw = scene.AddRaw("hand", protocol);
        var bob = scene.Add("bob");
        var connecting = bob.Moq.ConnectAsync(raw.Address);
        var serving = ServeAsync(await raw.AcceptAsync(), version);
        var session = await connecting;
        await body(scene, (await session.SubscribeAsync("x")).Track("t"));
        session.Close();
        await serving;
    });

    /// <summary>Publishes a track of five groups, of which only the first one, a datagram, is sent.</summary>
    private static async Task ServeAsync(ITransportConnection peer, MoqVersion version)
    {
        var setup = await peer.OpenUniAsync();
        await setup.WriteOpeningAsync(default(Setup), version);
        setup.Finish();
        try
        {
            while (true)
                await ServeAsync(peer, await peer.AcceptBidiAsync(), version);
        }
        catch (TransportClosedException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(ITransportConnection peer, BidiStream stream, MoqVersion version)
    {
        using var reader = new MessageReader(stream.Receive, version);
        switch (await reader.ReadTypeAsync())
        {
            case (ulong)BidiStreamType.Announce:
                await stream.Send.WriteAsync(new AnnounceOk(9, 1), version);
                if (version == MoqVersion.Lite05)
                    await stream.Send.WriteAsync(new Announce(true, "x"), version);
                else
                    await stream.Send.WriteAsync(new AnnounceStart("x"), version);
                break;
            case (ulong)BidiStreamType.Track:
                await stream.Send.WriteAsync(new TrackInfo(0, false, 5_000, 1_000), version);
                stream.Send.Finish();
                break;
            case (ulong)BidiStreamType.Subscribe:
                var subscribe = (await reader.ReadAsync<Subscribe>())!.Value;
                await stream.Send.WriteAsync(new SubscribeOk(new DeliveryTerms(StartGroup: 0)), version);
                var datagram = new byte[DatagramHeader.MaxSize + 1];
                var at = new DatagramHeader(subscribe.Id, 0, 0).Write(datagram, 1, version);
                ((IDatagramConnection)peer).TrySendDatagram(datagram.AsSpan(0, at + 1));
                await stream.Send.WriteAsync(new SubscribeEnd(5), version);
                stream.Send.Finish();
                break;
        }
    }
}
