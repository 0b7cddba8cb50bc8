using System.Text.Json;
using IrohMoq.Reactive.Tests.Wire;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>
/// Compares a session with the JavaScript reference: what it does with streams that it does not serve (the part of the vectors named
/// behaviours), and the order in which it sends (sendOrders). The reference ends every stream with the code 0; this library states a
/// reason.
/// </summary>
public sealed class ReferenceBehaviourTests
{
    /// <summary>What differs from the reference, with the reason.</summary>
    private static readonly Dictionary<(string Name, MoqVersion Version), (string Seen, string Reason)> Differences = new()
    {
        [("uni setup stream with empty SETUP", MoqVersion.Lite05)] =
            ("", "the reference does not know the SETUP of the draft of moq-lite-05, which this library reads"),
    };

    private static IEnumerable<TestCaseData> Behaviours() => Vectors.Spoken("behaviours").Select(static vector =>
        new TestCaseData(vector).SetArgDisplayNames($"{vector.Text("version")}, {vector.Text("name")}"));

    [TestCaseSource(nameof(Behaviours))]
    public void Stream_EndsAsAtTheReference(JsonElement vector)
    {
        var version = vector.Version();
        var isUni = vector.Text("kind") == "uni";
        var expected = Differences.TryGetValue((vector.Text("name"), version), out var difference)
            ? difference.Seen
            : Expected(vector.GetProperty("received"));
        HandPeer.Run(
            version,
            async peer =>
            {
                var hex = vector.Text("sent");
                // A session that carries nothing ends when the peer asks it to leave.
                var reading = peer.ReadAsync();
                await peer.SubscribedAsync();
                var ends = vector.GetProperty("fin").GetBoolean();
                string? seen;
                if (isUni)
                {
                    var stream = await peer.SendUniAsync(hex, ends);
                    await peer.PauseAsync(1);
                    seen = stream.Closed.IsCompletedSuccessfully ? (await stream.Closed).Cause.ToString() : "";
                }
                else
                {
                    var stream = await peer.OpenAsync(hex);
                    if (ends)
                        stream.Send!.Finish();
                    await peer.PauseAsync(1);
                    seen = $"{stream.Hex} {stream.End?.Split('(')[0]}";
                }

                Assert.That(seen, Is.EqualTo(expected));
                Assert.That(peer.Session.Closed.IsCompleted, Is.EqualTo(vector.GetProperty("sessionClosed").GetBoolean()));
                peer.Session.Close();
                await reading;
            },
            isServer: true,
            setup: isUni ? "" : "010100");
    }

    [Test]
    public void Differences_AreInTheFile() =>
        Assert.That(Differences.Keys, Is.SubsetOf(Vectors.Spoken("behaviours").Select(static one => (one.Text("name"), one.Version()))));

    /// <summary>The higher number is sent first. The position counts the groups of one subscription in their order.</summary>
    [Test]
    public void SendOrder_IsThatOfTheReference()
    {
        var orders = Vectors.Section("sendOrders").EnumerateArray()
            .Select(static one => (Ours: Order(one), Theirs: one.GetProperty("sendOrder").GetInt64()))
            .ToArray();
        Assert.That(orders, Has.Length.EqualTo(7));
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var schedule = new SendSchedule();
            var shuffled = orders.ToArray();
            new Random(seed).Shuffle(shuffled);
            foreach (var (ours, theirs) in shuffled)
                schedule.Add(new Item(ours, theirs));
            var sent = new List<long>();
            while (schedule.First is Item first)
            {
                sent.Add(first.Theirs);
                schedule.Remove(first);
            }

            Assert.That(sent, Is.EqualTo(orders.Select(static one => one.Theirs).OrderDescending()));
        }
    }

    private static SendOrder Order(JsonElement vector) =>
        new((ushort)(vector.Number("priority")!.Value << 8), 1, (long)vector.Number("position")!.Value);

    private static string Expected(JsonElement received) => received.TryGetProperty("response", out var response)
        ? $"{response.Text("hex")} {response.Text("end").Split('(')[0]}"
        : $"{StreamEndCause.Stopped}";

    private sealed class Item : ScheduledItem
    {
        public Item(SendOrder order, long theirs) => (Order, Theirs) = (order, theirs);

        public long Theirs { get; }
    }
}
