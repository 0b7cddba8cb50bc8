using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <content>What this library does otherwise as a publisher.</content>
internal static partial class Differences
{
    private const uint AbortedTrack = 64 + 11;
    private const uint AbortedGroup = 64 + 9;

    private static readonly Difference[] OfPublishers =
    [
        new(
            "SUBSCRIBE_OK tells the terms of the track",
            static session => session is { IsPublisher: true, Version: < MoqVersion.Lite05 },
            static all => all.Replace<SubscribeOk>(ok => new SubscribeOk(ok.Terms with
            {
                Ordered = true,
                MaxLatency = 5000,
                StartGroup = all.Session.Scenario == "e2" ? 1 : null,
            }))),
        new(
            "TRACK_INFO says that groups are sent oldest first",
            static session => session is { IsPublisher: true, Version: MoqVersion.Lite05 },
            static all => all.Replace<TrackInfo>(static info => info with { Ordered = true })),
        new(
            "SUBSCRIBE_OK is sent before there is a group",
            static session => session is { IsPublisher: true, Scenario: "k" },
            static all => all.Insert("Subscribe", 0, new SubscribeOk(new DeliveryTerms(StartGroup: 0)))),
        new(
            "a subscription begins with a datagram",
            static session => session is { IsPublisher: true, Scenario: "g" },
            static all => all.Replace<SubscribeOk>(static ok => new SubscribeOk(new DeliveryTerms(StartGroup: 0)))),
        new(
            "a dropped track has a code of its own",
            static session => session is { IsPublisher: true, Scenario: "c2", Version: < MoqVersion.Lite06 },
            static all => all.ReplaceEnds("Subscribe", StreamEnding.Reset(0), StreamEnding.Reset(24))),
        new(
            "the code of an aborted track is told to the subscriber",
            static session => session is { IsPublisher: true, Scenario: "d4" },
            static all =>
            {
                var (cancel, notFound) = all.Session.Version < MoqVersion.Lite06 ? (0u, 13u) : (1, 0x33);
                return all.ReplaceEnds("Subscribe", StreamEnding.Reset(notFound), StreamEnding.Reset(AbortedTrack))
                    & all.ReplaceEnds("Group", StreamEnding.Reset(cancel), StreamEnding.Reset(AbortedTrack));
            }),
        new(
            "TRACK is refused with the code of an aborted track",
            static session => session is { IsPublisher: true, Scenario: "d4", Version: >= MoqVersion.Lite05 },
            static all => all.ReplaceEnds(
                "Track", StreamEnding.Reset(all.Session.Version < MoqVersion.Lite06 ? 13u : 0x33), StreamEnding.Reset(AbortedTrack))),
        new(
            "SUBSCRIBE_DROP reports an aborted group",
            static session => session is { IsPublisher: true, Scenario: "d4", Version: >= MoqVersion.Lite05 },
            static all => all.Insert("Subscribe", 1, new SubscribeDrop(0, 0, AbortedGroup))),
        new(
            "in moq-lite-03, where there is no GOAWAY, the session is closed at once",
            static session => session is { IsPublisher: true, Scenario: "f4", Version: MoqVersion.Lite03 },
            static all =>
            {
                all.CloseCode = 0;
                var group = all.Streams.Find(static stream => stream.Type == "Group");
                return group?.Messages.RemoveAll(static one => one.Message is FrameMessage { Payload: "a1" }) == 1
                    && all.ReplaceEnds("Group", StreamEnding.Finished, StreamEnding.Open);
            }),
        new(
            "a TRACK is no subscription, after which the script stops waiting",
            static session => session is { IsPublisher: true, Scenario: "d" or "d2", Version: MoqVersion.Lite05 },
            static all => all.Script.Remove("unused") & all.Observations.Remove("unused")),
        new(
            "a TRACK is no subscription, before which the script writes",
            static session => session is { IsPublisher: true, Scenario: "h", Version: MoqVersion.Lite05 },
            static all =>
            {
                all.Add("Group", new GroupHeader(0, 0), new FrameMessage(1020, "a0"), new FrameMessage(1040, "a1"));
                all.Streams[^1].End = StreamEnding.Finished;
                return all.Replace<SubscribeOk>(static ok => new SubscribeOk(new DeliveryTerms(StartGroup: 0)));
            }),
    ];
}
