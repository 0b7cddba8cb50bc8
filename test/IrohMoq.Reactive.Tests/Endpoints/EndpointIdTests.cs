using System.Diagnostics;
using System.Numerics;
using CsCheck;
using IrohMoq.Reactive.Endpoints;

namespace IrohMoq.Reactive.Tests.Endpoints;

internal sealed class EndpointIdTests
{
    private const string Hex = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";
    private const string Base32Text = "hnvcppgow2sc2yvdvdicu3ynonsteflxdxrehjr2ybekdc2z3iuq";

    [TestCaseSource(typeof(IrohVector), nameof(IrohVector.All))]
    public void VectorId_IsPrintedAndReadAsIrohDoes(IrohVector vector)
    {
        var id = SecretKey.Parse(vector.Secret).Id;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(id.ToString(), Is.EqualTo(vector.Id));
            Assert.That(id.ToShortString(), Is.EqualTo(vector.Short));
            Assert.That(id.ToTlsName(), Is.EqualTo(vector.TlsName));
            Assert.That(EndpointId.Parse(vector.Id), Is.EqualTo(id));
            Assert.That(EndpointId.Parse(vector.Base32), Is.EqualTo(id));
            Assert.That(EndpointId.FromBytes(Convert.FromHexString(vector.Id)), Is.EqualTo(id));
        }
    }

    [TestCase(Hex)]
    [TestCase(Base32Text)]
    [TestCase("HNVCPPGOW2SC2YVDVDICU3YNONSTEFLXDXREHJR2YBEKDC2Z3IUQ")]
    [TestCase("hnvcppgow2sc2yvdvdicu3ynonSTEFLXDXREHJR2YBEKDC2Z3IUQ")]
    public void AcceptedForm_GivesTheId(string text)
    {
        Assert.That(EndpointId.Parse(text).ToString(), Is.EqualTo(Hex));
        Assert.That(EndpointId.TryParse(text, out var id), Is.True);
        Assert.That(id.ToString(), Is.EqualTo(Hex));
    }

    [TestCase(
        "3B6A27BCCEB6A42D62A3A8D02A6F0D73653215771DE243A63AC048A18B59DA29", "not a lower-case hex digit", TestName = "Hex in upper case")]
    [TestCase("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da2g", "character 64", TestName = "Hex with a letter beyond f")]
    [TestCase(Base32Text + "====", "length is 56", TestName = "Base32 with padding")]
    [TestCase("hnvcppgow2sc2yvdvdicu3ynonsteflxdxrehjr2ybekdc2z3iur", "bits", TestName = "Base32 with bits left over")]
    [TestCase("8pinxxgqs41n4aididenw5apqp1urfmzdztr8jt4abrkdn435ewo", "character 1 is not a base32 digit", TestName = "z32")]
    [TestCase("7dl2ff6emqi2qol3l382krodedij45bn3nh479hqo14a32qpr8kg", "not a base32 digit", TestName = "Base32hex")]
    [TestCase("0x" + Hex, "length is 66", TestName = "Hex with 0x")]
    [TestCase(" " + Hex, "length is 65", TestName = "Leading space")]
    [TestCase(Hex + "\n", "length is 65", TestName = "Trailing line end")]
    [TestCase("3b6a27bcce", "length is 10", TestName = "Short form")]
    [TestCase("", "length is 0", TestName = "Empty")]
    [TestCase(
        "0200000000000000000000000000000000000000000000000000000000000000",
        "not an Ed25519 public key",
        TestName = "No point of the curve")]
    [TestCase("ſnvcppgow2sc2yvdvdicu3ynonsteflxdxrehjr2ybekdc2z3iuq", "character 1", TestName = "A letter whose upper case is S")]
    public void RefusedForm_SaysWhatIsWrong(string text, string says)
    {
        Assert.That(
            () => EndpointId.Parse(text),
            Throws.TypeOf<FormatException>().With.Message.StartsWith("Not an endpoint id: ").And.Message.Contains(says));
        Assert.That(EndpointId.TryParse(text, out var id), Is.False);
        Assert.That(id, Is.EqualTo(default(EndpointId)));
    }

    [Test]
    public void Null_IsRefused()
    {
        Assert.That(() => EndpointId.Parse(null!), Throws.ArgumentNullException);
        Assert.That(EndpointId.TryParse(null, out _), Is.False);
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(33)]
    public void WrongNumberOfBytes_IsRefused(int length) =>
        Assert.That(() => EndpointId.FromBytes(new byte[length]), Throws.TypeOf<FormatException>().With.Message.Contains($"not {length}"));

    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", true, TestName = "y = 0")]
    [TestCase("0100000000000000000000000000000000000000000000000000000000000000", true, TestName = "The identity")]
    [TestCase("0100000000000000000000000000000000000000000000000000000000000080", true, TestName = "x = 0 with a sign")]
    [TestCase("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", true, TestName = "y = p + 18, which is 18")]
    [TestCase("1200000000000000000000000000000000000000000000000000000000000000", true, TestName = "y = 18")]
    [TestCase("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", true, TestName = "y = p, which is 0")]
    [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", true, TestName = "y = -1, of order 2")]
    [TestCase("5866666666666666666666666666666666666666666666666666666666666666", true, TestName = "The base point")]
    [TestCase("0200000000000000000000000000000000000000000000000000000000000000", false, TestName = "y = 2")]
    [TestCase("0200000000000000000000000000000000000000000000000000000000000080", false, TestName = "y = 2 with a sign")]
    [TestCase("efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, TestName = "y = p + 2, which is 2")]
    public void Bytes_AreAPointOrNot(string hex, bool isPoint) =>
        Assert.That(Ed25519Point.IsOnCurve(Convert.FromHexString(hex)), Is.EqualTo(isPoint));

    [Test]
    public void PublicKeyOfAnySecret_IsAPoint() =>
        Gen.Byte.Array[SecretKey.Size].Sample(seed => Ed25519Point.IsOnCurve(SecretKey.FromBytes(seed).Id.ToArray()), iter: 200);

    [Test]
    public void RandomBytes_AreAPointAboutHalfTheTime()
    {
        var bytes = new byte[32];
        var points = 0;
        var random = new Random(7);
        for (var i = 0; i < 1_000; i++)
        {
            random.NextBytes(bytes);
            points += Ed25519Point.IsOnCurve(bytes) ? 1 : 0;
        }

        Assert.That(points, Is.InRange(430, 570));
    }

    [Test]
    public void CheckOfAPoint_CostsASinglePower()
    {
        var bytes = Convert.FromHexString(Hex);
        var prime = BigInteger.Pow(2, 255) - 19;
        var number = new BigInteger(bytes, isUnsigned: true) % prime;
        var (check, power) = (long.MaxValue, long.MaxValue);
        // The two alternate, and the fastest of many is compared, so that the load of the machine slows both or neither.
        for (var i = 0; i < 200; i++)
        {
            check = Math.Min(check, TicksOf(() => Ed25519Point.IsOnCurve(bytes)));
            power = Math.Min(power, TicksOf(() => BigInteger.ModPow(number, (prime - 1) / 2, prime)));
        }

        TestContext.Out.WriteLine($"{(double)check / power:F2} powers for each check");
        // Every peer that connects has its id checked. A check without a single power, for example with an inverse, costs two or more.
        Assert.That((double)check / power, Is.LessThan(1.7));

        static long TicksOf(Action action)
        {
            var from = Stopwatch.GetTimestamp();
            action();
            return Stopwatch.GetTimestamp() - from;
        }
    }

    [Test]
    public void RandomText_IsAnIdOrAFormatError()
    {
        var text = Gen.OneOf(
            Gen.String,
            Gen.String[Gen.Char["abcdefghijklmnopqrstuvwxyz234567ABC=01 "], 50, 66],
            Gen.String[Gen.Char["0123456789abcdef"], 64, 64]);
        text.Sample(
            candidate =>
            {
                var accepted = EndpointId.TryParse(candidate, out var id);
                try
                {
                    return EndpointId.Parse(candidate) == id && accepted;
                }
                catch (FormatException)
                {
                    return !accepted;
                }
            },
            iter: 2_000);
    }

    [Test]
    public void Order_IsThatOfTheBytes()
    {
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32]).Sample(
            (left, right) =>
            {
                var expected = Math.Sign(left.AsSpan().SequenceCompareTo(right));
                var (a, b) = (new EndpointId(left), new EndpointId(right));
                Assert.That(a.CompareTo(b), Is.EqualTo(expected));
                Assert.That(
                    (a < b, a <= b, a > b, a >= b, a == b, a != b),
                    Is.EqualTo((expected < 0, expected <= 0, expected > 0, expected >= 0, expected == 0, expected != 0)));
            });
    }

    [Test]
    public void GenericParsing_IsTheSame()
    {
        Assert.That(Read<EndpointId>(Hex).ToString(), Is.EqualTo(Hex));

        static T Read<T>(string text)
            where T : IParsable<T> => T.Parse(text, null);
    }
}
