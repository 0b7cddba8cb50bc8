using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Testing.Tests.Fetching;

/// <summary>What a peer of this library sends to fetch a group, and answers that are written by hand.</summary>
public sealed class FetchRequestTests
{
    private static readonly string[] Versions = ["moq-lite-05", "moq-lite-06"];

    [Test]
    public void Request_HasTheBytesOfTheReference_TrackIsAskedForOnce([ValueSource(nameof(Versions))] string protocol) => HandSource.Run(
        protocol,
        static (_, stream) => HandSource.SendAsync(stream, "47f80261302802613128026132"),
        async (_, source, track) =>
        {
            var group = await track.FetchAsync(0, new FetchOptions { Priority = 33 });
            var seen = new List<string>();
            await foreach (var frame in group.ReadFramesAsync())
                seen.Add($"{frame.Timestamp.TotalMilliseconds}:{System.Text.Encoding.UTF8.GetString(frame.Payload)}");
            Assert.That(seen, Is.EqualTo(new[] { "1020:a0", "1040:a1", "1060:a2" }));
            Assert.That(await Fetching.FetchAsync(track, 1, new FetchOptions { Priority = 33, FirstFrame = 1 }), Is.EqualTo(
                protocol == "moq-lite-05" ? "1: a1 a2" : "1: a0 a1 a2"));
            var fetches = protocol == "moq-lite-05"
                ? new[] { "03110864656d6f2f63616d05766964656f2100", "03110864656d6f2f63616d05766964656f2101" }
                : ["03130864656d6f2f63616d05766964656f21000000", "03130864656d6f2f63616d05766964656f21010100"];
            Assert.That(source.Requests, Is.EqualTo(fetches.Prepend("060f0864656d6f2f63616d05766964656f")));
        });

    /// <summary>Whole answers, and what the reader gets of each.</summary>
    private static readonly TestCaseData[] Answers =
    [
        new("", "0: "),
        new("4820026130", "0: a0"),
        new("482000", "0: "),
        // The stream ends inside a payload, between the time and the size, and inside the time.
        new("482002613048", "0: a0 14 (wrong size)"),
        new("4820026130280261", "0: a0 14 (wrong size)"),
        new("482002613028", "0: a0 14 (wrong size)"),
        // A time before 0, and a frame larger than allowed.
        new("03026130", "0: 65605 (malformed track)"),
        new("482082000001", "0: 27 (frame too large)"),
    ];

    [TestCaseSource(nameof(Answers))]
    public void Answer_IsReadAsFarAsItIsWhole(string answer, string read) => HandSource.Run(
        "moq-lite-06",
        (_, stream) => HandSource.SendAsync(stream, answer),
        async (_, _, track) => Assert.That(await Fetching.FetchAsync(track, 0), Is.EqualTo(read)));

    [Test]
    public void AnswerThatCannotBeRead_LetsThePropertiesBeRequestedAgain() => HandSource.Run(
        "moq-lite-06",
        static (_, stream) => HandSource.SendAsync(stream, "03026130"),
        static async (_, source, track) =>
        {
            for (var i = 0; i < 2; i++)
                Assert.That(await Fetching.FetchAsync(track, 0), Is.EqualTo("0: 65605 (malformed track)"));
            Assert.That(source.Requests.Select(static request => request[..2]), Is.EqualTo(new[] { "06", "03", "06", "03" }));
        });

    [Test]
    public void RefusedRequest_HasTheCodeOfThePublisher([ValueSource(nameof(Versions))] string protocol, [Values] bool isBegun) =>
        HandSource.Run(
            protocol,
            async (source, stream) =>
            {
                if (isBegun)
                    await HandSource.SendAsync(stream, "4820026130", ends: false);
                // A reset overtakes what has not been sent.
                await source.Scene.PauseAsync(0.1);
                stream.Refuse(MoqErrorCode.Evicted, source.Version);
            },
            async (_, _, track) =>
                Assert.That(await Fetching.FetchAsync(track, 0), Is.EqualTo(isBegun ? "0: a0 31 (evicted)" : "31 (evicted)")));

    [Test]
    public void SilentPublisher_IsWaitedForTenSeconds_AndTold([Values] bool isTrack) => HandSource.Run(
        "moq-lite-06",
        static (_, _) => Task.CompletedTask,
        async (scene, source, track) =>
        {
            source.Info = isTrack ? "" : null;
            var began = scene.Seconds;
            Assert.That(await Fetching.FetchAsync(track, 0), Is.EqualTo(isTrack ? "15 (protocol violation)" : "3 (timeout)"));
            Assert.That(scene.Seconds - began, Is.EqualTo(isTrack ? 0 : 10).Within(0.1));
        });

    [Test]
    public void TimescaleOfZero_IsRefused() => HandSource.Run(
        "moq-lite-06",
        static (_, stream) => HandSource.SendAsync(stream, ""),
        async (_, source, track) =>
        {
            source.Info = "0405538800";
            Assert.That(await Failure.OfAsync<MoqException>(async () => await track.FetchAsync(0)), Is.Not.Null);
            source.Info = null;
            Assert.That(await Fetching.FetchAsync(track, 0), Is.EqualTo("0: "));
        });

    /// <summary>The reader takes its time: the stream gets no credit for what it has not read beyond half of the share.</summary>
    [Test]
    public void ReaderThatPauses_HoldsBackThePublisher_AndGetsEverything([ValueSource(nameof(Versions))] string protocol)
    {
        const int Frames = 24;
        var sent = 0;
        HandSource.Run(
            protocol,
            async (_, stream) =>
            {
                var frame = new byte[5 + (1 << 20)];
                Convert.FromHexString("0080100000").CopyTo(frame, 0);
                for (; sent < Frames; sent++)
                    await stream.Send.WriteAsync(frame);
                stream.Send.Finish();
            },
            async (scene, source, track) =>
            {
                using var group = await track.FetchAsync(0);
                await scene.PauseAsync(5);
                Assert.That(sent, Is.InRange(8, 14), "half of the share of 16 MiB, and the windows of the stream");
                var count = 0;
                await foreach (var frame in group.ReadFramesAsync())
                    count += frame.Length >> 20;
                Assert.That((count, sent), Is.EqualTo((Frames, Frames)));
            });
    }
}
