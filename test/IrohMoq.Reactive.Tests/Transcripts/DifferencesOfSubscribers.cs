using System.Globalization;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <content>What this library does otherwise as a subscriber.</content>
internal static partial class Differences
{
    private static readonly Difference[] OfSubscribers =
    [
        new(
            "groups are requested oldest first",
            static session => session is { IsPublisher: false, Version: < MoqVersion.Lite06 },
            static all => all.Replace<Subscribe>(static one => one with { Terms = one.Terms with { Ordered = true } })
                | all.Replace<SubscribeUpdate>(static one => new SubscribeUpdate(one.Terms with { Ordered = true }))),
        new(
            "the age is the one that the reader accepts",
            static session => !session.IsPublisher,
            static all => all.Replace<Subscribe>(
                one => one with { Terms = one.Terms with { MaxLatency = Wanted(all.Session).MaxLatency } })),
        new(
            "in moq-lite-06 a reading from the newest group on asks for the age 0 first",
            static session => session is { IsPublisher: false, Version: MoqVersion.Lite06 } and not { Scenario: "e2" },
            static all =>
            {
                var stream = all.Streams.Find(static one => one.Answer.Any(static message => message is SubscribeOk));
                var start = stream?.Answer.OfType<SubscribeOk>().First().Terms.StartGroup;
                stream?.Messages.Insert(1, new ExpectedMessage(new SubscribeUpdate(Wanted(all.Session) with { StartGroup = start }), 1));
                return all.Replace<Subscribe>(static one => one with { Terms = one.Terms with { MaxLatency = 0 } });
            }),
        new(
            "a track is subscribed to at once",
            static session => session is { IsPublisher: false, Scenario: "b2" or "l" }
                or { IsPublisher: false, Scenario: "b", Version: >= MoqVersion.Lite05 },
            static all => AddSubscription(all, isRefused: all.Session.Scenario == "b")),
        new(
            "a TRACK that the publisher has refused ends with its code",
            static session => session is { IsPublisher: false, Scenario: "b" or "f2", Version: >= MoqVersion.Lite05 },
            static all => all.Session.Version < MoqVersion.Lite06
                ? all.ReplaceEnds("Track", StreamEnding.Reset(0), StreamEnding.Reset(13))
                : all.ReplaceEnds("Track", StreamEnding.Reset(1), StreamEnding.Reset(0x33))),
        new(
            "the properties of a track are requested once",
            static session => session is { IsPublisher: false, Scenario: "f" },
            static all => all.Streams.Remove(all.Streams.Last(static stream => stream.Type == "Track"))),
        new(
            "a FETCH ends with its answer",
            static session => session is { IsPublisher: false, Scenario: "f" or "f1" },
            static all => all.ReplaceEnds(
                "Fetch", StreamEnding.Reset(all.Session.Version < MoqVersion.Lite06 ? 0u : 1), StreamEnding.Finished)),
        new(
            "a publisher that does not tell its terms gets no SUBSCRIBE_UPDATE",
            static session => session is { IsPublisher: false, Version: < MoqVersion.Lite05 },
            static all => all.Streams.Sum(static stream => stream.Messages.RemoveAll(static one => one.Message is SubscribeUpdate)) > 0),
        new(
            "SUBSCRIBE_UPDATE requests no older groups",
            static session => session is { IsPublisher: false, Version: MoqVersion.Lite05 },
            static all => all.Replace<SubscribeUpdate>(static one => new SubscribeUpdate(one.Terms with { StartGroup = 0 }))),
        new(
            "a subscription that the publisher has reset is canceled",
            static session => !session.IsPublisher,
            static all =>
            {
                var reset = all.Streams
                    .Where(static one => one is { IsOurs: true, Type: "Subscribe", IsResetByPeer: true, End: not null })
                    .ToArray();
                foreach (var stream in reset)
                    stream.End = StreamEnding.Reset(all.Session.Version < MoqVersion.Lite06 ? 0u : 1);
                return reset.Length > 0;
            }),
        new(
            "a track that was aborted is not requested again",
            static session => session is { IsPublisher: false, Scenario: "d4" },
            static all => all.Streams.Remove(
                all.Streams.Last(stream => stream.Type == (all.Session.Version < MoqVersion.Lite05 ? "Subscribe" : "Track")))),
        new(
            "up to moq-lite-04 a track ends as soon as the publisher has ended it",
            static session => session is { IsPublisher: false, Version: < MoqVersion.Lite05, Scenario: "a" or "a2" or "c" or "e" },
            static all => all.Observe("track error session closed", "track end")),
        new(
            "a group that the end of the session breaks off tells the code of the close",
            static session => !session.IsPublisher,
            static all => all.Observe(
                "group 0 error session closed",
                all.Session.Scenario == "d3" ? "group 0 error application 7" : "group 0 error cancel")),
        new(
            "up to moq-lite-05 the code 0 of a stream is a cancellation",
            static session => session is { IsPublisher: false, Version: < MoqVersion.Lite06 },
            static all => all.Observe("track error internal error", "track error cancel")),
        new(
            "a track that failed fails its groups",
            static session => session is { IsPublisher: false, Scenario: "d4", Version: MoqVersion.Lite06 },
            static all => all.Observe("group 1 error cancel", "group 1 error not found")),
        new(
            "a session that the peer asks to leave goes on while it is read",
            static session => session is { IsPublisher: false, Scenario: "f4", Version: > MoqVersion.Lite03 },
            static all =>
            {
                // The reader leaves by itself, after it has waited for the next frame.
                all.Script.Insert(all.Script.IndexOf("read 1") + 1, "unsub");
                var cancel = all.Session.Version < MoqVersion.Lite06 ? 0u : 1;
                foreach (var stream in all.Streams)
                {
                    if (stream.Type is "Subscribe" or "Group")
                        stream.Stop = cancel;
                }

                return all.ReplaceEnds("Subscribe", StreamEnding.Open, StreamEnding.Finished)
                    && all.Observe("group 0 error cancel", "frame timeout");
            }),
        new(
            "a subscription is read to its end",
            static session => session is { IsPublisher: false, Scenario: "a2", Version: MoqVersion.Lite06 },
            static all =>
            {
                var stream = all.Streams.Find(static one => one is { Type: "Subscribe", Stop: not null });
                if (stream is null)
                    return false;
                (stream.Stop, stream.End) = (null, null);
                return true;
            }),
    ];

    /// <summary>Returns the terms that the script asks for.</summary>
    private static DeliveryTerms Wanted(RecordedSession session)
    {
        var command = session.Script.First(static one => one.StartsWith("sub ", StringComparison.Ordinal)).Split(' ');
        return new DeliveryTerms(
            byte.Parse(command[2], CultureInfo.InvariantCulture), MaxLatency: ulong.Parse(command[3], CultureInfo.InvariantCulture));
    }

    private static bool AddSubscription(Expectation all, bool isRefused)
    {
        var version = all.Session.Version;
        var wanted = Wanted(all.Session);
        var track = all.Session.Scenario == "b" ? "nothing" : "video";
        all.Add("Subscribe", new Subscribe(0, "demo/cam", track, version < MoqVersion.Lite06
            ? wanted with { Ordered = true }
            : wanted with { MaxLatency = 0, StartGroup = 0 }));
        if (!isRefused)
            return true;
        var cancel = version < MoqVersion.Lite06 ? 0u : 1;
        (all.Streams[^1].End, all.Streams[^1].Stop) = (StreamEnding.Reset(cancel), cancel);
        return true;
    }
}
