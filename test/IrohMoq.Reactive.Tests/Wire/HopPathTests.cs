using CsCheck;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

public sealed class HopPathTests
{
    [Test]
    public void Paths_AreEqualByValue() =>
        Gen.ULong[0, 3].Array[0, 4].Select(Gen.ULong[0, 3].Array[0, 4]).Sample((a, b) =>
        {
            var equal = a.AsSpan().SequenceEqual(b);
            HopPath left = new(a), right = new(b);
            Assert.That(left == right, Is.EqualTo(equal));
            Assert.That(left != right, Is.Not.EqualTo(equal));
            Assert.That(left.Equals((object)right), Is.EqualTo(equal));
            if (equal)
                Assert.That(left.GetHashCode(), Is.EqualTo(right.GetHashCode()));
            Assert.That(left.HasRepeatedHop, Is.EqualTo(a.Where(hop => hop != 0).GroupBy(hop => hop).Any(hops => hops.Count() > 1)));
        });

    [Test]
    public void Path_IsACopyAndDoesNotChange()
    {
        ulong[] ids = [7, 9];
        var path = new HopPath(ids);
        ids[0] = 1;
        var longer = path.Append(11);

        Assert.That(path.ToString(), Is.EqualTo("[7, 9]"));
        Assert.That(longer.ToString(), Is.EqualTo("[7, 9, 11]"));
        Assert.That(longer.Count, Is.EqualTo(3));
        Assert.That(longer.Contains(9), Is.True);
        Assert.That(path.Contains(11), Is.False);
        Assert.That(new HopPath([]), Is.EqualTo(default(HopPath)));
    }

    [Test]
    public void UnknownHops_AreEqualToZerosAndMatchNothing()
    {
        Assert.That(HopPath.Unknown(3), Is.EqualTo(new HopPath([0, 0, 0])));
        Assert.That(HopPath.Unknown(0), Is.EqualTo(default(HopPath)));
        Assert.That(HopPath.Unknown(3).Contains(0), Is.False);
        Assert.That(HopPath.Unknown(3).HasRepeatedHop, Is.False);
    }

    [Test]
    public void Path_HasAtMost32HopsOf62Bits()
    {
        var longest = new HopPath(new ulong[32]);
        Assert.That(() => longest.Append(1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new HopPath(new ulong[33]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => HopPath.Unknown(33), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => HopPath.Unknown(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new HopPath([1UL << 62]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => default(HopPath).Append(ulong.MaxValue), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase("0141ff", "more than 32", TestName = "HopCountOverTheLimit_IsRefusedBeforeMemoryIsAllocated")]
    [TestCase("0120", "more than the 0 bytes", TestName = "HopCountOverTheBody_IsRefusedBeforeMemoryIsAllocated")]
    [TestCase("01ffffffffffffffff", "more than 32", TestName = "LargestHopCount_IsRefusedBeforeMemoryIsAllocated")]
    public void HopCount_IsChecked(string hex, string text)
    {
        // An active announcement with an empty suffix.
        byte[] body = [1, 0, .. Convert.FromHexString(hex)[1..]];

        Assert.That(
            () => Announce.Decode(body, MoqVersion.Lite05), Throws.TypeOf<MoqProtocolException>().With.Message.Contains(text));
    }
}
