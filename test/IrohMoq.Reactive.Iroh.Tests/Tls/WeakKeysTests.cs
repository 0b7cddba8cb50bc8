using System.Numerics;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class WeakKeysTests
{
    private static readonly BigInteger Prime = BigInteger.Pow(2, 255) - 19;

    [TestCase("0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("0100000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [TestCase("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [TestCase("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [TestCase("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [TestCase("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    public void EncodingOfASmallOrder_IsWeak_WithEitherSign(string hex)
    {
        var key = Convert.FromHexString(hex);
        Assert.That(WeakKeys.Contains(key), Is.True);
        key[^1] ^= 0x80;
        Assert.That(WeakKeys.Contains(key), Is.True);
    }

    /// <summary>The points are those of which eight times the point is the identity: computed here by the formulas of RFC 8032.</summary>
    [Test]
    public void PointsOfOrderEight_AreThoseOfTheTable()
    {
        var d = Mod(-121665 * BigInteger.ModPow(121666, Prime - 2, Prime));
        // A point of order 8 has a double of order 4, whose y is 0: then y^2 = -x^2, and with the curve 2 y^2 = 1 - d y^4, or 2 y^2 - 1 + d
        // y^4 = 0.
        string[] encodings =
        [
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ];
        foreach (var hex in encodings)
        {
            var y = new BigInteger(Convert.FromHexString(hex), isUnsigned: true);
            var square = Mod(y * y);
            Assert.That(Mod((2 * square) - 1 + (d * square % Prime * square)).IsZero, Is.True);
        }

        static BigInteger Mod(BigInteger value) => ((value % Prime) + Prime) % Prime;
    }

    [Test]
    public void EncodingOfThePrimeOrMore_IsWeak()
    {
        for (var y = Prime; y < BigInteger.Pow(2, 255); y++)
            Assert.That(WeakKeys.Contains(Bytes(y)), Is.True, y.ToString());
    }

    [Test]
    public void NeighborsOfWeakEncodings_AreNotWeak()
    {
        Assert.That(WeakKeys.Contains(Bytes(2)), Is.False);
        Assert.That(WeakKeys.Contains(Bytes(Prime - 2)), Is.False);
    }

    [Test]
    public void GeneratedKeys_AreNotWeak()
    {
        for (var i = 0; i < 1_000; i++)
            Assert.That(WeakKeys.Contains(SecretKey.Generate().Id.ToArray()), Is.False);
    }

    private static byte[] Bytes(BigInteger y)
    {
        var bytes = new byte[32];
        y.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }
}
