using CsCheck;
using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Tests.Sessions;

public sealed class NumberedAnnouncementsTests
{
    /// <summary>In any order of additions and removals, the names are found that a dictionary would find.</summary>
    [Test]
    public void Names_AreThoseOfADictionary() => Gen.Int[-40, 40].Array[0, 400].Sample(static operations =>
    {
        var announcements = new NumberedAnnouncements();
        var expected = new Dictionary<ulong, BroadcastPath>();
        var next = 0UL;
        foreach (var operation in operations)
        {
            if (operation >= 0)
            {
                BroadcastPath path = $"room/{next}";
                announcements.Add(path);
                expected.Add(next++, path);
            }
            else
            {
                // A number near the first one or the last one.
                var id = operation < -20 ? (ulong)(operation + 40) : next - Math.Min(next, (ulong)-operation);
                var isLive = expected.Remove(id, out var removed);
                Assert.That(announcements.TryRemove(id, out var path), Is.EqualTo(isLive));
                Assert.That(path, Is.EqualTo(removed));
            }

            Assert.That(announcements.Count, Is.EqualTo(expected.Count));
        }

        for (var id = 0UL; id <= next; id++)
        {
            Assert.That(announcements.TryFind(id, out var path), Is.EqualTo(expected.TryGetValue(id, out var known)));
            Assert.That(path, Is.EqualTo(known));
        }
    });

    [TestCase(ulong.MaxValue)]
    [TestCase(1UL << 63)]
    [TestCase((1UL << 62) - 1)]
    public void NumberThatWasNeverGiven_IsNotLive(ulong id)
    {
        var announcements = new NumberedAnnouncements();
        announcements.Add("a");
        announcements.TryRemove(0, out _);
        Assert.That(announcements.TryFind(id, out _), Is.False);
        Assert.That(announcements.TryRemove(id, out _), Is.False);
        Assert.That(announcements.Count, Is.Zero);
    }
}
