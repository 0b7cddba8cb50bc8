using System.Text.Json;
using IrohMoq.Reactive.Tests.Wire;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// Checks which groups have expired, by the media time of their frames, and with which group a subscription of moq-lite-06 begins: the part
/// of the vectors named expiry.
/// </summary>
public sealed class ExpiryVectorTests
{
    private const MoqVersion Version = MoqVersion.Lite06;
    private static readonly TrackOptions KeepsAll = new() { MaxAge = TimeSpan.MaxValue };

    private static IEnumerable<TestCaseData> All() => Vectors.OfSessions("expiry").Select(Vectors.Case);

    [TestCaseSource(nameof(All))]
    public void Group_HasExpiredIfTheVectorStatesSo(JsonElement vector) => HandPeer.Run(Version, async peer =>
    {
        using var broadcast = new BroadcastProducer(peer.Runtime);
        var track = broadcast.CreateTrack("t", KeepsAll);
        Write(track, vector);
        var expired = new List<ulong>();
        lock (track.Gate)
        {
            foreach (var (_, group) in track.State.Cache)
            {
                if (track.State.Cache.IsExpired(group, MaxAge(vector)) && group.Sequence >= Floor(vector))
                    expired.Add(group.Sequence);
            }
        }

        Assert.That(expired, Is.EqualTo(Expired(vector)));
        await peer.PauseAsync(0);
    });

    [TestCaseSource(nameof(All))]
    public void Subscription_BeginsWithTheOldestGroupThatHasNotExpired(JsonElement vector) => HandPeer.Run(
        Version,
        async peer =>
        {
            using var broadcast = new BroadcastProducer(peer.Runtime);
            var track = broadcast.CreateTrack("t", KeepsAll);
            var sequences = Write(track, vector);
            peer.Session.Publish("a", broadcast);
            var maxAge = vector.Number("maxAge")!.Value;
            var subscription = await peer.SubscribeAsync(new DeliveryTerms(MaxLatency: maxAge, StartGroup: Floor(vector)));
            await peer.PauseAsync(1);
            var sent = peer.Groups.Select(static group => group.Sequence);
            if (vector.GetProperty("start").ValueKind == JsonValueKind.Null)
            {
                Assert.That(sent, Is.Empty, "nothing is sent before the floor");
                Write(track, Floor(vector), [3000]);
                await peer.PauseAsync(1);
                Assert.That(sent, Is.EqualTo(new[] { Floor(vector) }));
                return;
            }

            var start = vector.Number("start")!.Value;
            Assert.That(subscription.Start(Version), Is.EqualTo(start));
            Assert.That(sent, Is.EquivalentTo(sequences.Where(sequence => sequence >= start).Except(Expired(vector))));
        },
        isServer: true);

    private static List<ulong> Write(TrackProducer track, JsonElement vector)
    {
        var sequences = new List<ulong>();
        foreach (var group in vector.GetProperty("groups").EnumerateArray())
        {
            sequences.Add(group.Number("sequence")!.Value);
            Write(track, sequences[^1], group.GetProperty("timestamps").EnumerateArray().Select(static time => (long)time.Number()));
        }

        return sequences;
    }

    // The group stays open, because a group that is not ended can expire as well.
    private static void Write(TrackProducer track, ulong sequence, IEnumerable<long> times)
    {
        var group = track.CreateGroup(sequence);
        foreach (var time in times)
            group.Write([1], TimeSpan.FromMilliseconds(time));
    }

    private static TimeSpan MaxAge(JsonElement vector) => TimeSpan.FromMilliseconds(vector.Number("maxAge")!.Value);

    private static ulong Floor(JsonElement vector) => vector.Number("floor") ?? 0;

    private static IEnumerable<ulong> Expired(JsonElement vector) =>
        vector.GetProperty("expired").EnumerateArray().Select(static sequence => sequence.Number());
}
