using System.Text;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>FETCH streams that a peer writes by hand, and the bytes that a publisher of this library answers with.</summary>
public sealed class FetchAnswerTests
{
    /// <summary>
    /// What a session of the reference wrote, and was answered: group 0, group 1, and in moq-lite-06 group 0 from frame 1.
    /// </summary>
    private static readonly TestCaseData[] Recorded =
    [
        new("moq-lite-05", "03110864656d6f2f63616d05766964656f2100", "47f80261302802613128026132"),
        new("moq-lite-05", "03110864656d6f2f63616d05766964656f2101", "48700262302802623128026232"),
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f21000000", "47f80261302802613128026132"),
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f21010000", "48700262302802623128026232"),
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f21000100", "482002613128026132"),
        // Frames 1 to 1, and 2 to 9 of 3.
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f21000102", "4820026131"),
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f2100020a", "4848026132"),
    ];

    /// <summary>Requests that cannot be served, or are malformed.</summary>
    private static readonly TestCaseData[] Refused =
    [
        new("moq-lite-05", "03110864656d6f2f63616d05766964656f2109", "13 (not found)"),
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f21090000", "13 (not found)"),
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f21000400", "13 (not found)"),
        new("moq-lite-06", "031a0864656d6f2f63616d05766964656f21fffffffffffffffe0000", "13 (not found)"),
        new("moq-lite-06", "031a0864656d6f2f63616d05766964656f2100fffffffffffffffe00", "13 (not found)"),
        // An unknown track, and an unknown broadcast.
        new("moq-lite-05", "03110864656d6f2f63616d056e6f6e65002100", "13 (not found)"),
        new("moq-lite-06", "03130864656d6f2f63617405766964656f21000000", "30 (unroutable)"),
        // The last frame precedes the first one.
        new("moq-lite-06", "03130864656d6f2f63616d05766964656f21000201", "65607 (internal)"),
        // A byte too many, within the message and behind it. In moq-lite-06 a wrong length ends the session.
        new("moq-lite-05", "03120864656d6f2f63616d05766964656f210000", "5 (unspecified)"),
        new("moq-lite-05", "03110864656d6f2f63616d05766964656f210600", "16 (unexpected message)"),
        // A message that is larger than any can be.
        new("moq-lite-05", "0380ffffff00", "5 (unspecified)"),
        new("moq-lite-03", "03110864656d6f2f63616d05766964656f2100", "17 (unsupported)"),
        new("moq-lite-04", "03110864656d6f2f63616d05766964656f2100", "17 (unsupported)"),
    ];

    [TestCaseSource(nameof(Recorded))]
    public void Request_IsAnsweredWithTheBytesOfTheReference(string protocol, string request, string answer) =>
        Run(protocol, async (scene, track, peer) =>
        {
            Assert.That(await AnswerAsync(peer, request), Is.EqualTo(answer));
            Assert.That(await AnswerAsync(peer, request, ends: true), Is.EqualTo(answer), "a peer that ends its side waits as well");
            await scene.PauseAsync(0.1);
            AssertReleased(track);
        });

    [TestCaseSource(nameof(Refused))]
    public void Request_IsRefused_AndTheSessionStays(string protocol, string request, string code) =>
        Run(protocol, async (scene, track, peer) =>
        {
            Assert.That(await AnswerAsync(peer, request), Is.EqualTo(code));
            Assert.That(peer.Closed.IsCompleted, Is.False);
            await scene.PauseAsync(0.1);
            AssertReleased(track);
        });

    [Test]
    public void RequestThatIsIncomplete_IsRefusedAfterTenSeconds_OrAtItsEnd([Values] bool ends) =>
        Run("moq-lite-06", async (scene, track, peer) =>
        {
            var began = scene.Seconds;
            var code = await AnswerAsync(peer, "03130864656d6f", ends);
            Assert.That(code, Is.EqualTo(ends ? "65607 (internal)" : "0 (cancel)"));
            Assert.That(scene.Seconds - began, Is.EqualTo(ends ? 0 : 10).Within(0.1));
        });

    [Test]
    public void AnswerThatThePeerDoesNotWant_EndsAtOnce([Values("reset", "stop", "more")] string how) =>
        Run("moq-lite-06", async (scene, track, peer) =>
        {
            using var open = track.AppendGroup();
            Fetching.Write(open, "c", 1);
            var stream = await peer.OpenBidiAsync();
            await stream.Send.WriteOpeningAsync(new Fetch("demo/cam", "video", 1, open.Sequence), MoqVersion.Lite06);
            Assert.That(await stream.Receive.ReadAsync(new byte[64]), Is.Positive);
            switch (how)
            {
                case "reset":
                    stream.Send.Reset(MoqErrorCode.Cancel, MoqVersion.Lite06);
                    break;
                case "stop":
                    stream.Receive.Stop(MoqErrorCode.Cancel, MoqVersion.Lite06);
                    break;
                default:
                    await stream.Send.WriteAsync(new byte[] { 1 });
                    break;
            }

            await scene.PauseAsync(0.1);
            AssertReleased(track);
        });

    [Test]
    public void GroupThatIsDroppedMeanwhile_IsReset([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        Run(protocol, static async (scene, track, peer) =>
        {
            var version = MoqVersions.TryFromAlpn(peer.Protocol, out var spoken) ? spoken : default;
            using var open = track.AppendGroup();
            Fetching.Write(open, "c", 1);
            var stream = await peer.OpenBidiAsync();
            await stream.Send.WriteOpeningAsync(new Fetch("demo/cam", "video", 1, open.Sequence), version);
            Assert.That(await stream.Receive.ReadAsync(new byte[64]), Is.Positive);
            for (var i = 0; i < 9; i++)
                Scene.Say(track, "more");
            var failure = await Failure.OfAsync<TransportStreamException>(async () => await stream.Receive.ReadAsync(new byte[64]));
            Assert.That(failure.ProtocolCode(version), Is.EqualTo(MoqErrorCode.Evicted));
        });

    [Test]
    public void RequestsBeyondTheLimit_FindNoCapacity_UntilOneEnds() => Run("moq-lite-06", static async (scene, track, peer) =>
    {
        var most = SessionLimits.Default.Fetches;
        using var open = track.AppendGroup();
        var streams = new List<BidiStream>();
        for (var i = 0; i <= most; i++)
        {
            streams.Add(await peer.OpenBidiAsync());
            await streams[i].Send.WriteOpeningAsync(new Fetch("demo/cam", "video", 0, open.Sequence), MoqVersion.Lite06);
        }

        await scene.PauseAsync(0.1);
        var refused = await Failure.OfAsync<TransportStreamException>(async () => await streams[most].Receive.ReadAsync(new byte[1]));
        Assert.That(refused.ProtocolCode(MoqVersion.Lite06), Is.EqualTo(MoqErrorCode.NoCapacity));
        streams[0].Refuse(MoqErrorCode.Cancel, MoqVersion.Lite06);
        await scene.PauseAsync(0.1);
        Assert.That(await AnswerAsync(peer, "03130864656d6f2f63616d05766964656f21010000"), Is.EqualTo("48700262302802623128026232"));
    });

    private static void AssertReleased(TrackProducer track)
    {
        lock (track.Gate)
        {
            foreach (var (_, group) in track.State.Cache)
                Assert.That(group.Readers.IsAny, Is.False);
        }
    }

    /// <summary>Sends a request, and returns the bytes of the answer, or the code of the refusal.</summary>
    private static async Task<string> AnswerAsync(ITransportConnection peer, string request, bool ends = false)
    {
        _ = MoqVersions.TryFromAlpn(peer.Protocol, out var version);
        var stream = await peer.OpenBidiAsync();
        await stream.Send.WriteAsync(Convert.FromHexString(request));
        if (ends)
            stream.Send.Finish();
        var answer = new StringBuilder();
        var buffer = new byte[100];
        try
        {
            while (await stream.Receive.ReadAsync(buffer) is > 0 and var count)
                answer.Append(Convert.ToHexStringLower(buffer.AsSpan(0, count)));
            return answer.ToString();
        }
        catch (TransportStreamException failure)
        {
            return $"{failure.ProtocolCode(version)}";
        }
    }

    /// <summary>Runs a test with a publisher of the groups that the reference was recorded with, and a raw connection to it.</summary>
    private static void Run(string protocol, Func<Scene, TrackProducer, ITransportConnection, Task> body) => Scene.Run(
        static time => new InMemoryNetwork(time, seed: 7) { Latency = TimeSpan.FromSeconds(Scene.Latency), MaxBidiStreams = 1000 },
        async scene =>
        {
            var alice = scene.Add("alice");
            var peer = await scene.AddRaw("bob").ConnectAsync(alice.Address, [protocol]);
            using var broadcast = scene.Broadcast();
            var track = broadcast.CreateTrack("video", new TrackOptions { MaxCachedGroups = 8 });
            using var live = alice.Moq.Publish("demo/cam", broadcast);
            var at = 1020;
            foreach (var letter in "ab")
            {
                using var group = track.AppendGroup();
                for (var i = 0; i < 3; i++, at += 20)
                    group.Write(Encoding.UTF8.GetBytes($"{letter}{i}"), TimeSpan.FromMilliseconds(at));
                group.Finish();
            }

            if (protocol is "moq-lite-05" or "moq-lite-06")
            {
                _ = MoqVersions.TryFromAlpn(protocol, out var version);
                var setup = await peer.OpenUniAsync();
                await setup.WriteOpeningAsync(default(Setup), version);
                setup.Finish();
            }

            await body(scene, track, peer);
            peer.Close(0, "");
        });
}
