using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// A relay that publishes the broadcast of a prefix that it reads by name, over all its sessions, also provides the names below it, and
/// these go on over another session as well.
/// </summary>
public sealed class RelayedRoomTests
{
    private const string Prefix = RoomBehindRelays.Prefix;
    private const string Name = RoomBehindRelays.Name;

    [Test]
    public void NameBelowAPrefixThatARelayReadsByName_IsReadThroughTheRelay() => Scene.Run(static async scene =>
    {
        var (relay, reader) = (scene.Add("relay"), scene.Add("reader"));
        using var service = await Service.OpenAsync(scene, relay, Prefix, request => request.Accept(scene.Saying("hello")));
        relay.Moq.Publish(Prefix, await relay.Moq.SubscribeAsync(Prefix));
        var session = await reader.ConnectAsync(relay);
        Assert.That(await Scene.HearAsync(await session.RequestBroadcastAsync(Name)), Is.EqualTo("hello"));
        Assert.That(service.Asked, Is.EqualTo(new[] { Name }));
    });

    /// <summary>The session of the relay with the publisher is lost; its reader has one session, and notices nothing.</summary>
    [Test]
    public void RelayLosesOneOfItsSessions_TheReadingThroughItGoesOn() => RoomBehindRelays.Run(static async room =>
    {
        var (front, last) = (room.Reader, room.Scene.Add("last"));
        front.Moq.Publish(Prefix, await front.Moq.SubscribeAsync(Prefix));
        var session = await last.ConnectAsync(front);
        var reading = Transmission.ReadAsync(await session.RequestBroadcastAsync(Name), "live");
        await room.Scene.PauseAsync(1);
        var used = room.Used;
        room.Scene.Network.Kill(used.Player.Moq);
        TwoRelays.AssertWhole(await reading);
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    /// <summary>Each relay is a way for the other one; a name that the publisher refuses does not go round between them.</summary>
    [Test]
    public void NameThatNobodyHas_DoesNotGoRoundAmongRelays() => Scene.Run(static async scene =>
    {
        var (left, right, reader) = (scene.Add("left"), scene.Add("right"), scene.Add("reader"));
        foreach (var relay in new[] { left, right })
            relay.Moq.WatchBroadcast(Prefix).Subscribe(broadcast => relay.Moq.Publish(Prefix, broadcast), static _ => { });
        using var toLeft = await Service.OpenAsync(scene, left, Prefix, static request => request.Reject());
        using var toRight = await Service.OpenAsync(scene, right, Prefix, static request => request.Reject());
        await left.ConnectAsync(right);
        var session = await reader.ConnectAsync(left);
        await scene.PauseAsync(1);
        var began = scene.Seconds;
        var requested = await session.RequestBroadcastAsync(Name);
        var refused = await Failure.OfAsync<MoqStreamException>(async () => await Scene.HearAsync(requested));
        Assert.That(refused.Code, Is.EqualTo(MoqErrorCode.NotFound).Or.EqualTo(MoqErrorCode.Unroutable));
        Assert.That(scene.Seconds - began, Is.LessThan(1));
        await scene.PauseAsync(60);
        Assert.That((toLeft.Asked.Count, toRight.Asked.Count), Is.EqualTo((1, 1)), "Each way is asked once.");
    });

    /// <summary>What a peer requests must not come from the peer itself.</summary>
    [Test]
    public void PeerThatIsTheOnlyWay_IsRefused() => Scene.Run(static async scene =>
    {
        var (left, right) = (scene.Add("left"), scene.Add("right"));
        using var serving = left.Moq.BroadcastRequests(Prefix).Subscribe(static _ => Assert.Fail("It is requested from the peer."));
        await left.ConnectAsync(right);
        var front = await right.Moq.SubscribeAsync(Prefix);
        var peer = new Requester(left.Id.ToArray());
        var refused = await Failure.OfAsync<MoqStreamException>(async () => await front.Producer.Below!.RequestAsync(Name, peer, default));
        Assert.That(refused.Code, Is.EqualTo(MoqErrorCode.Unroutable));
    });
}
