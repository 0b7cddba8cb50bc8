using System.Text;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Which source of a broadcast is used, and which sources are the same content.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SourceOrderTests
{
    /// <summary>Each row: cost, hops and session of two sources, of which the first is to be used.</summary>
    private static readonly (ulong Cost, ulong[] Hops, long Session)[][] Rows =
    [
        [(1, [7, 8, 9], 1), (2, [7], 2)],
        [(0, [7, 8], 1), (0, [7, 8, 9], 2)],
        [(3, [7], 1), (3, [7, 8], 9)],
        [(1, [7, 8], 5), (1, [7, 8], 4)],
        [(1, [0], 5), (1, [0], 4)],
    ];

    [Test]
    public void Better_IsUsed_InWhateverOrderTheSourcesCome([Range(0, 4)] int row)
    {
        var (better, worse) = (Source(Rows[row][0]), Source(Rows[row][1]));
        Assert.That(SourceOrder.Compare("x", better, worse), Is.Negative);
        Assert.That(SourceOrder.Compare("x", worse, better), Is.Positive);
        Assert.That(SourceOrder.Compare("x", better, better), Is.Zero);
    }

    [Test]
    public void EqualCostAndLength_TheHashDecides_NotTheSession()
    {
        var (one, two) = (Source((1, [7, 8], 1)), Source((1, [7, 9], 2)));
        var isOneFirst = SourceOrder.Hash("x", [7, 8]) < SourceOrder.Hash("x", [7, 9]);
        Assert.That(SourceOrder.Compare("x", one, two) < 0, Is.EqualTo(isOneFirst));
        Assert.That(SourceOrder.Compare("x", Source((1, [7, 8], 2)), Source((1, [7, 9], 1))) < 0, Is.EqualTo(isOneFirst));
    }

    [Test]
    public void ColdCost_DoesNotCount() => Assert.That(
        SourceOrder.Compare(
            "x", (new BroadcastRoute([7], 1, 9, isPrefix: true), 2), (new BroadcastRoute([7], 1, 1, isPrefix: true), 1)),
        Is.Negative);

    /// <summary>The vectors are those of the authors of the hash.</summary>
    [TestCase("a", 0xaf63dc4c8601ec8cUL)]
    [TestCase("foobar", 0x85944171f73967e8UL)]
    public void Hash_IsFnv1a(string name, ulong hash) => Assert.That(SourceOrder.Hash(name, []), Is.EqualTo(hash));

    [Test]
    public void Hash_CountsEachHopAsEightBytes()
    {
        var bytes = Encoding.UTF8.GetBytes("x").Concat(BitConverter.GetBytes(0x0102030405060708UL)).Concat(BitConverter.GetBytes(3UL));
        var hash = 14695981039346656037;
        foreach (var value in bytes)
            hash = unchecked((hash ^ value) * 1099511628211);
        Assert.That(SourceOrder.Hash("x", [0x0102030405060708, 3]), Is.EqualTo(hash));
    }

    [TestCase(new ulong[] { 7 }, new ulong[] { 7, 8 }, true)]
    [TestCase(new ulong[] { 7, 8 }, new ulong[] { 7, 9 }, true)]
    [TestCase(new ulong[] { 7, 8 }, new ulong[] { 9, 8 }, false, Description = "The last hop is only who forwards it.")]
    [TestCase(new ulong[] { 0 }, new ulong[] { 0 }, false, Description = "moq-lite-03 sends only the number of hops.")]
    [TestCase(new ulong[] { 0, 8 }, new ulong[] { 0, 8 }, false)]
    [TestCase(new ulong[0], new ulong[0], false, Description = "A broadcast of this process has no hop.")]
    public void SameFirstHop_IsTheSameContent_UnlessItIsUnknown(ulong[] first, ulong[] second, bool isSame)
    {
        var (one, other) = (new BroadcastRoute(first, 0, 0, isPrefix: false), new BroadcastRoute(second, 5, 5, isPrefix: true));
        Assert.That((one.HasOriginOf(other), other.HasOriginOf(one)), Is.EqualTo((isSame, isSame)));
    }

    private static (BroadcastRoute Route, long Session) Source((ulong Cost, ulong[] Hops, long Session) source) =>
        (new BroadcastRoute(source.Hops, source.Cost, source.Cost, isPrefix: false), source.Session);
}
