using System.Text.Json;
using IrohMoq.Reactive.Tests.Wire;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// Sends each malformed message of the vectors of moq-lite-06 to a session, on the stream to which it belongs, and checks what ends: the
/// session, the stream, the group, or nothing.
/// </summary>
public sealed class MalformedVectorTests
{
    private const MoqVersion Version = MoqVersion.Lite06;

    // The vector ends the stream only. The draft closes the session for every body that does not fill its length, and so do the vectors of
    // all other messages.
    private const string ShortGroup = "lite-06/GROUP/lite-05-layout";

    // The draft allows any number of hops. What is too much here is no violation.
    private const string ManyHops = "lite-06/ANNOUNCE_START/33-hops";

    // The transport refuses to send such a datagram.
    private const string LongDatagram = "lite-06/DATAGRAM/1201-bytes";

    private static IEnumerable<TestCaseData> Bad() =>
        Vectors.Spoken("malformed").Where(static vector => vector.Version() == Version).Select(Vectors.Case);

    [TestCaseSource(nameof(Bad))]
    public void MalformedMessage_EndsWhatTheVectorStates(JsonElement vector)
    {
        var hex = vector.Text("hex");
        var scope = vector.Text("name") switch
        {
            ShortGroup => "session",
            ManyHops => "limit",
            _ => vector.Text("scope"),
        };
        switch (vector.Text("message"))
        {
            case "SETUP":
                HandPeer.Run(Version, peer => CheckAsync(peer, scope, null), isServer: true, setup: "01" + hex);
                break;
            case "ANNOUNCE_OK":
                Announced(hex, scope);
                break;
            case "ANNOUNCE_START" or "ANNOUNCE_END" or "ANNOUNCE_UPDATE":
                Announced("020700" + hex, scope);
                break;
            case "ANNOUNCE_REQUEST":
                Asked(BidiStreamType.Announce, hex, scope);
                break;
            case "SUBSCRIBE":
                Asked(BidiStreamType.Subscribe, hex, scope);
                break;
            case "TRACK":
                Asked(BidiStreamType.Track, hex, scope);
                break;
            case "FETCH":
                Asked(BidiStreamType.Fetch, hex, scope);
                break;
            case "PROBE":
                Asked(BidiStreamType.Probe, hex, scope);
                break;
            case "GOAWAY":
                Asked(BidiStreamType.Goaway, hex, scope);
                break;
            case "SUBSCRIBE_UPDATE":
                Updated(hex, scope);
                break;
            case "SUBSCRIBE_OK" or "SUBSCRIBE_END" or "SUBSCRIBE_DROP":
                Answered(hex, scope);
                break;
            case "TRACK_INFO":
                Described(hex, scope);
                break;
            case "GROUP":
                HandPeer.Run(Version, async peer =>
                {
                    var group = await peer.SendUniAsync("00" + hex);
                    await CheckAsync(peer, scope, null);
                    Assert.That(scope == "session" || group.Closed.IsCompletedSuccessfully, Is.True);
                });
                break;
            case "FRAME":
                Framed(hex, scope);
                break;
            case "DATAGRAM":
                HandPeer.Run(Version, async peer =>
                {
                    var reading = peer.ReadAsync();
                    await (await peer.SubscribedAsync()).AnswerAsync(0, Version);
                    await peer.PauseAsync(0.1);
                    var datagrams = (IDatagramConnection)peer.Connection;
                    if (vector.Text("name") == LongDatagram)
                        Assert.That(() => datagrams.TrySendDatagram(Convert.FromHexString(hex)), Throws.ArgumentException);
                    else
                        datagrams.TrySendDatagram(Convert.FromHexString(hex));
                    await CheckAsync(peer, scope, null);
                    Assert.That(reading.IsCompleted, Is.False, "the subscription continues");
                    peer.Session.Close();
                    Assert.That(await reading, Does.Not.Contain(":"), "the datagram is not delivered");
                });
                break;
            case var unknown:
                Assert.Fail($"No test sends a {unknown}.");
                break;
        }
    }

    private static void Announced(string hex, string scope) => HandPeer.Run(
        Version,
        async peer =>
        {
            await CheckAsync(peer, scope, null);
            Assert.That(scope, Is.AnyOf("session", "limit"));
        },
        announcements: hex);

    private static void Asked(BidiStreamType type, string hex, string scope) => HandPeer.Run(
        Version,
        async peer =>
        {
            using var broadcast = Publish(peer, "room");
            await CheckAsync(peer, scope, await OpenAsync(peer, $"{(byte)type:x2}{hex}"));
        },
        isServer: true);

    private static void Updated(string hex, string scope) => HandPeer.Run(
        Version,
        async peer =>
        {
            using var broadcast = Publish(peer, "a");
            var subscription = await peer.SubscribeAsync(default);
            await peer.PauseAsync(0.1);
            await subscription.Send!.WriteAsync(Convert.FromHexString(hex));
            subscription.Send.Finish();
            await CheckAsync(peer, scope, subscription);
        },
        isServer: true);

    private static void Answered(string hex, string scope) => HandPeer.Run(Version, async peer =>
    {
        var reading = peer.ReadAsync();
        var subscription = await peer.SubscribedAsync();
        await subscription.Send!.WriteAsync(Convert.FromHexString(hex));
        subscription.Send.Finish();
        await CheckAsync(peer, scope, subscription);
        Assert.That(await reading, Does.Not.Contain("end").And.Not.Contain(":"), "the reading fails");
    });

    private static void Described(string hex, string scope) => HandPeer.Run(Version, async peer =>
    {
        peer.InfoHex = hex;
        var reading = peer.ReadAsync();
        await peer.SubscribedAsync();
        await CheckAsync(
            peer, scope, scope == "session" ? null : peer.Streams.Single(static stream => stream.Type == (ulong)BidiStreamType.Track));
        Assert.That(await reading, Does.Not.Contain("end").And.Not.Contain(":"), "the reading fails");
    });

    private static void Framed(string hex, string scope) => HandPeer.Run(Version, async peer =>
    {
        var reading = peer.ReadAsync();
        var subscription = await peer.SubscribedAsync();
        await subscription.AnswerAsync(0, Version);
        await peer.SendUniAsync("00" + "03000000" + hex);
        await peer.SendGroupAsync(0, 1);
        await CheckAsync(peer, scope, null);
        await subscription.EndAsync(2, Version);
        subscription.Send!.Finish();
        Assert.That(await reading, Does.Contain("0:").And.EndsWith("1:0 end"), "the next group comes");
    });

    private static BroadcastProducer Publish(HandPeer peer, string name)
    {
        var broadcast = new BroadcastProducer(peer.Runtime);
        broadcast.CreateTrack("t");
        broadcast.CreateTrack("v").AppendGroup().Finish();
        peer.Session.Publish(name, broadcast);
        return broadcast;
    }

    private static async Task<HandStream> OpenAsync(HandPeer peer, string hex)
    {
        var stream = await peer.OpenAsync(hex);
        stream.Send!.Finish();
        return stream;
    }

    private static async Task CheckAsync(HandPeer peer, string scope, HandStream? stream)
    {
        await peer.PauseAsync(1);
        if (scope is "session" or "limit")
        {
            Assert.That(peer.Session.Closed.IsCompleted, Is.True, "the session is closed");
            Assert.That((await peer.Connection.Closed).Code, Is.EqualTo(scope == "limit" ? 1 : 3), "as a violation of the protocol");
            return;
        }

        Assert.That(peer.Session.Closed.IsCompleted, Is.False, "the session continues");
        if (stream is not null)
            Assert.That(stream.End, Does.StartWith("reset"), "the stream is reset");
    }
}
