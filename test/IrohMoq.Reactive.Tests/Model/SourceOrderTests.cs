namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Which source of a broadcast is used, and which sources are the same content.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SourceOrderTests
{
    /// <summary>Each row: hops, costs and session of two sources, of which the first is to be used.</summary>
    private static readonly (ulong[] Hops, ulong Warm, ulong Cold, long Session)[][] Rows =
    [
        // A path with an unknown hop is used only if there is no other, whatever it costs.
        [([7, 8, 9], 9, 9, 1), ([7, 0], 0, 0, 2)],
        [([7, 0], 1, 1, 1), ([7, 0, 0], 2, 2, 2)],
        // Then the costs, the warm one first.
        [([7, 8, 9], 1, 9, 1), ([7], 2, 2, 2)],
        [([7, 8, 9], 1, 2, 1), ([7], 1, 3, 2)],
        // Then the number of hops.
        [([7, 8], 0, 0, 1), ([7, 8, 9], 0, 0, 2)],
        [([7], 3, 3, 1), ([7, 8], 3, 3, 9)],
        // Then the session, so that a publisher that has come back wins over its session that has not timed out.
        [([7, 8], 1, 1, 5), ([7, 8], 1, 1, 4)],
        [([7, 8], 1, 1, 5), ([7, 9], 1, 1, 4)],
        [([7, 9], 1, 1, 5), ([7, 8], 1, 1, 4)],
        [([0], 1, 1, 5), ([0], 1, 1, 4)],
    ];

    [Test]
    public void Better_IsUsed_InWhateverOrderTheSourcesCome([Range(0, 9)] int row)
    {
        var (better, worse) = (Source(Rows[row][0]), Source(Rows[row][1]));
        Assert.That(SourceOrder.Compare(better, worse), Is.Negative);
        Assert.That(SourceOrder.Compare(worse, better), Is.Positive);
        Assert.That(SourceOrder.Compare(better, better), Is.Zero);
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

    private static (BroadcastRoute Route, long Session) Source((ulong[] Hops, ulong Warm, ulong Cold, long Session) source) =>
        (new BroadcastRoute(source.Hops, source.Warm, source.Cold, isPrefix: false), source.Session);
}
