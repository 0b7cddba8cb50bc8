using System.Text.Json;
using IrohMoq.Reactive.Testing.Tests.Transport;
using IrohMoq.Reactive.Tests.Wire;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// Checks what a session of moq-lite-06 does with messages that are well-formed, and not allowed where they come: the part of the vectors
/// named contextual.
/// </summary>
public sealed class ContextualVectorTests
{
    private const MoqVersion Version = MoqVersion.Lite06;

    /// <summary>The entries that no session of this library can receive, with the reason.</summary>
    private static readonly Dictionary<string, string> NotReceived = new()
    {
        ["path-on-webtransport-or-websocket"] = "the library has no transport whose connections have a URL",
    };

    private static IEnumerable<JsonElement> All => Vectors.OfSessions("contextual");

    private static IEnumerable<TestCaseData> Received() =>
        All.Where(static vector => !NotReceived.ContainsKey(vector.Text("name"))).Select(Vectors.Case);

    [Test]
    public void EntriesThatAreNotReceived_AreInTheFile() =>
        Assert.That(NotReceived.Keys, Is.SubsetOf(All.Select(static vector => vector.Text("name"))));

    [TestCaseSource(nameof(Received))]
    public void Session_DoesWhatTheVectorExpects(JsonElement vector)
    {
        var hex = vector.Text("hex");
        switch (vector.Text("name"))
        {
            case "server-setup-with-path" or "server-setup-with-role":
                HandPeer.Run(Version, peer => CheckAsync(peer, vector), setup: hex);
                break;
            case "second-setup-stream":
                foreach (var isServer in (bool[])[false, true])
                {
                    HandPeer.Run(
                        Version,
                        async peer =>
                        {
                            await peer.SendUniAsync(hex);
                            await CheckAsync(peer, vector);
                        },
                        isServer,
                        setup: hex);
                }

                break;
            case "client-goaway-with-uri":
                HandPeer.Run(Version, peer => OpenAsync(peer, vector), isServer: true);
                break;
            case "second-goaway":
                foreach (var isServer in (bool[])[false, true])
                {
                    HandPeer.Run(
                        Version,
                        async peer =>
                        {
                            var reading = peer.ReadAsync();
                            await peer.SubscribedAsync();
                            await peer.OpenAsync(hex);
                            await peer.PauseAsync(0.1);
                            Assert.That(peer.Session.Closed.IsCompleted, Is.False, "the first one is allowed");
                            await OpenAsync(peer, vector);
                            await reading;
                        },
                        isServer);
                }

                break;
            case "unknown-bidi-type":
                HandPeer.Run(Version, peer => OpenAsync(peer, vector));
                HandPeer.Run(Version, peer => OpenAsync(peer, vector), isServer: true);
                break;
            case "unknown-uni-type":
                HandPeer.Run(Version, peer => SendAsync(peer, vector));
                HandPeer.Run(Version, peer => SendAsync(peer, vector), isServer: true);
                break;
            case "probe-without-capability":
                HandPeer.Run(Version, peer => OpenAsync(peer, vector), wrap: static connection => new WrappedConnection(connection));
                break;
            case "group-for-unknown-subscription":
                // The bytes of the vector are no GROUP: the number 0x63 takes two bytes. The highest number of one byte is sent instead.
                Assert.That(hex, Is.EqualTo("0003630000"));
                HandPeer.Run(
                    Version, async peer => await CheckAsync(peer, vector, stopped: await peer.SendUniAsync("00033f0000", ends: false)));
                break;
            case "group-at-or-past-declared-end":
                Read(vector, "0:0", async (peer, subscription) =>
                {
                    await subscription.AnswerAsync(0, Version);
                    await peer.SendGroupAsync(0, 0);
                    await subscription.EndAsync(3, Version);
                    await peer.PauseAsync(0.1);
                    await peer.SendUniAsync(hex + "000101", ends: false);
                });
                break;
            case "end-below-received-group":
                Read(vector, "2:0", async (peer, subscription) =>
                {
                    await subscription.AnswerAsync(2, Version);
                    await peer.SendGroupAsync(0, 2);
                    await peer.PauseAsync(0.1);
                    await subscription.Send!.WriteAsync(Convert.FromHexString(hex));
                });
                break;
            case "fin-without-end":
                Read(vector, "", async (peer, subscription) =>
                {
                    await subscription.Send!.WriteAsync(Convert.FromHexString(hex));
                    subscription.Send.Finish();
                });
                break;
            case var unknown:
                Assert.Fail($"No test sends {unknown}.");
                break;
        }
    }

    /// <summary>The same violation on moq-lite-05 is tolerated: its text had an inclusive end, and old peers sent one.</summary>
    [Test]
    public void EndOfMoqLite05_MayBeTheLastGroup() => HandPeer.Run(MoqVersion.Lite05, static async peer =>
    {
        var reading = peer.ReadAsync();
        var subscription = await peer.SubscribedAsync();
        await subscription.AnswerAsync(0, MoqVersion.Lite05);
        await peer.SendGroupAsync(0, 0);
        await peer.SendGroupAsync(0, 1);
        await peer.PauseAsync(0.1);
        await subscription.EndAsync(1, MoqVersion.Lite05);
        subscription.Send!.Finish();
        Assert.That(await reading, Is.EqualTo("0:0 1:0 end"));
    });

    /// <summary>A second message on an Announce stream is ignored, unless its length is wrong.</summary>
    [Test]
    public void SecondRequestOfAnnouncements_MustHaveTheRightLength([Values] bool isRight) => HandPeer.Run(Version, async peer =>
    {
        var stream = await peer.OpenAsync("010100");
        await peer.PauseAsync(0.1);
        await stream.Send!.WriteAsync(Convert.FromHexString(isRight ? "0100" : "020000"));
        await peer.PauseAsync(1);
        Assert.That(peer.Session.Closed.IsCompleted, Is.EqualTo(!isRight));
        if (!isRight)
            Assert.That((await peer.Connection.Closed).Code, Is.EqualTo(3));
    });

    [Test]
    public void DatagramPastTheDeclaredEnd_IsDropped() => HandPeer.Run(Version, static async peer =>
    {
        var reading = peer.ReadAsync();
        var subscription = await peer.SubscribedAsync();
        await subscription.AnswerAsync(0, Version);
        await peer.PauseAsync(0.1);
        peer.SendDatagram(0, 0);
        await peer.PauseAsync(0.1);
        await subscription.EndAsync(1, Version);
        await peer.PauseAsync(0.1);
        peer.SendDatagram(0, 1);
        await peer.PauseAsync(0.1);
        subscription.Send!.Finish();
        Assert.That(await reading, Is.EqualTo("0:empty end"));
    });

    /// <summary>A group counts as received when it has begun.</summary>
    [Test]
    public void EndBelowAGroupThatWaits_FailsTheSubscription() => HandPeer.Run(Version, static async peer =>
    {
        var reading = peer.ReadAsync();
        var subscription = await peer.SubscribedAsync();
        await peer.BeginGroupAsync(0, 7);
        await subscription.AnswerAsync(0, Version);
        await subscription.EndAsync(7, Version);
        await peer.PauseAsync(1);
        Assert.That(await reading, Does.Contain($"{MoqErrorCode.ProtocolViolation}"));
        Assert.That(peer.Session.Closed.IsCompleted, Is.False);
    });

    /// <summary>A peer uses the id of a subscription once, so that the groups of two subscriptions cannot be confused.</summary>
    [Test]
    public void RepeatedSubscribeId_IsRefused(
        [Values(MoqVersion.Lite03, MoqVersion.Lite04, MoqVersion.Lite05, MoqVersion.Lite06)] object boxed, [Values] bool isOver) =>
        HandPeer.Run(
            (MoqVersion)boxed,
            async peer =>
            {
                using var broadcast = new BroadcastProducer(peer.Runtime);
                var track = broadcast.CreateTrack("t");
                peer.Session.Publish("a", broadcast);
                var first = await peer.SubscribeAsync(default, id: 4);
                await peer.PauseAsync(0.1);
                if (isOver)
                    first.Send!.Finish();
                await peer.PauseAsync(0.1);
                var second = await peer.SubscribeAsync(default, id: 4);
                var third = await peer.SubscribeAsync(default, id: 3);
                await peer.PauseAsync(0.1);
                Assert.That(second.End, Is.EqualTo(peer.Version == Version ? "reset(0)" : "reset(15)"));
                Assert.That(first.End, Is.EqualTo(isOver ? "fin" : null));
                Assert.That(third.End, Is.Null, "another id is free, also a lower one");
                Assert.That(track.SubscriberCount, Is.EqualTo(isOver ? 1 : 2));
                Assert.That(peer.Session.Closed.IsCompleted, Is.False);
            },
            isServer: true);

    private static void Read(JsonElement vector, string before, Func<HandPeer, HandStream, Task> violate) => HandPeer.Run(
        Version,
        async peer =>
        {
            var reading = peer.ReadAsync();
            var subscription = await peer.SubscribedAsync();
            var other = peer.ReadAsync(track: "other");
            var untouched = await peer.SubscribedAsync(1);
            await violate(peer, subscription);
            await peer.PauseAsync(1);
            Assert.That(vector.Text("expect"), Does.StartWith("subscription fails with a violation"));
            Assert.That(await reading, Is.EqualTo($"{before} {MoqErrorCode.ProtocolViolation}".Trim()));
            Assert.That(subscription.End, Is.EqualTo("reset(0)"), "the publisher learns that it is a violation");
            Assert.That(untouched.End, Is.Null, "the other subscription continues");
            Assert.That(peer.Session.Closed.IsCompleted, Is.False);
            peer.Session.Close();
            await other;
        });

    private static async Task OpenAsync(HandPeer peer, JsonElement vector) =>
        await CheckAsync(peer, vector, await peer.OpenAsync(vector.Text("hex")));

    private static async Task SendAsync(HandPeer peer, JsonElement vector) =>
        await CheckAsync(peer, vector, stopped: await peer.SendUniAsync(vector.Text("hex"), ends: false));

    private static async Task CheckAsync(HandPeer peer, JsonElement vector, HandStream? stream = null, ISendStream? stopped = null)
    {
        await peer.PauseAsync(1);
        switch (vector.Text("expect"))
        {
            case "session close 0x3":
                Assert.That(peer.Session.Closed.IsCompleted, Is.True);
                Assert.That((await peer.Connection.Closed).Code, Is.EqualTo(3));
                return;
            case "reset that stream, session stays" or "reset that stream":
                Assert.That(stream!.End, Does.StartWith("reset"));
                break;
            case "STOP_SENDING, session stays":
                Assert.That((await stopped!.Closed).Cause, Is.EqualTo(StreamEndCause.Stopped));
                break;
            case "STOP_SENDING(1), nothing else":
                Assert.That(await stopped!.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, StreamCodes.ToWire(1))));
                break;
            case var unknown:
                Assert.Fail($"No test expects '{unknown}'.");
                break;
        }

        Assert.That(peer.Session.Closed.IsCompleted, Is.False);
    }
}
