using System.Text;
using CsCheck;
using IrohMoq.Reactive.Endpoints;

namespace IrohMoq.Reactive.Tests.Endpoints;

internal sealed class Base32Tests
{
    // RFC 4648, section 10, without padding and in lower case.
    [TestCase("", "", "")]
    [TestCase("f", "my", "co")]
    [TestCase("fo", "mzxq", "cpng")]
    [TestCase("foo", "mzxw6", "cpnmu")]
    [TestCase("foob", "mzxw6yq", "cpnmuog")]
    [TestCase("fooba", "mzxw6ytb", "cpnmuoj1")]
    [TestCase("foobar", "mzxw6ytboi", "cpnmuoj1e8")]
    public void VectorOfTheRfc_IsEncodedAndDecoded(string text, string standard, string hex)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        Assert.That(Base32.Encode(bytes), Is.EqualTo(standard));
        Assert.That(Base32.EncodeHex(bytes), Is.EqualTo(hex));
        Assert.That(Decode(standard), Is.EqualTo(bytes));
        Assert.That(Decode(standard.ToUpperInvariant()), Is.EqualTo(bytes));
    }

    [Test]
    public void AnyBytes_ComeBack() => Gen.Byte.Array.Sample(bytes => Decode(Base32.Encode(bytes))!.SequenceEqual(bytes));

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(6)]
    [TestCase(57)]
    public void LengthOfNoBytes_IsRefused(int characters) => Assert.That(Base32.DecodedLength(characters), Is.EqualTo(-1));

    [TestCase("mz", Description = "one bit too many")]
    [TestCase("m1")]
    [TestCase("m=")]
    [TestCase("m ")]
    [TestCase("m\0")]
    [TestCase("mé")]
    public void MalformedText_IsRefused(string text) => Assert.That(Decode(text), Is.Null);

    private static byte[]? Decode(string text)
    {
        var bytes = new byte[Base32.DecodedLength(text.Length)];
        return Base32.TryDecode(text, bytes, out _) ? bytes : null;
    }
}
