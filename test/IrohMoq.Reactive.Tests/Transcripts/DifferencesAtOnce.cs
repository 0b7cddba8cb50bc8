using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <content>
/// What is otherwise than in the recording because the replayed publisher sends at one instant what the recorded one sent in the course of
/// time. The subscriber has read nothing of it by then.
/// </content>
internal static partial class Differences
{
    public static IReadOnlyList<Difference> AtOnce { get; } =
    [
        // The pause is that of the script, which waits for an announcement before it reads the second group.
        new(
            "a reader that is behind when its track has ended shows that it reads",
            static session => session is { IsPublisher: false, Scenario: "c", Version: >= MoqVersion.Lite05 },
            static all =>
            {
                var terms = Wanted(all.Session) with { Ordered = all.Session.Version == MoqVersion.Lite05, StartGroup = 0 };
                var messages = SubscriptionOf(all).Messages;
                messages.Add(new ExpectedMessage(new SubscribeUpdate(terms), messages.Count));
                return true;
            }),
        // A stream that is reset gives nothing that was not read before, and only SUBSCRIBE_OK lets an update follow.
        new(
            "the reset of a subscription discards its SUBSCRIBE_OK, so that no SUBSCRIBE_UPDATE follows",
            static session => session is { IsPublisher: false, Scenario: "c2" or "d4", Version: MoqVersion.Lite06 },
            static all =>
            {
                SubscriptionOf(all).Messages.RemoveAll(static one => one.Message is SubscribeUpdate);
                return true;
            }),
        // Up to moq-lite-04, SUBSCRIBE_OK also lets the groups in. A group of a subscription that has never been answered is not needed.
        new(
            "the reset of a subscription discards its SUBSCRIBE_OK, so that its groups are canceled",
            static session => session is { IsPublisher: false, Scenario: "d4", Version: MoqVersion.Lite04 },
            static all =>
            {
                var groups = all.Streams.Where(static one => one is { Type: "Group", Stop: not null }).ToArray();
                foreach (var group in groups)
                    group.Stop = 0;
                return groups.Length > 0;
            }),
        // What an aborted track gives are its finished groups, see TrackProducer.Abort. Neither group is one.
        new(
            "a group that is aborted before it is read is left out, and the track ends with its code",
            static session => session is { IsPublisher: false, Scenario: "d4" },
            static all =>
            {
                var count = all.Observations.RemoveAll(IsOfGroup);
                all.Observations.Add("track error not found");
                return count == 4;
            }),
    ];

    private static ExpectedStream SubscriptionOf(Expectation all) => all.Streams.First(static one => one.Type == "Subscribe");

    private static bool IsOfGroup(string observation) => observation.StartsWith("group ", StringComparison.Ordinal);
}
