using System.Text;
using IrohMoq.Reactive.Endpoints;
using NSec.Cryptography;

namespace IrohMoq.Reactive.Tests.Endpoints;

internal sealed class SecretKeyTests
{
    private const string Secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    [TestCaseSource(typeof(IrohVector), nameof(IrohVector.All))]
    public void VectorKey_SignsAsIrohDoes(IrohVector vector)
    {
        var key = SecretKey.Parse(vector.Secret);
        var signature = key.Sign("hello"u8);
        Assert.That(Convert.ToHexStringLower(signature), Is.EqualTo(vector.SignatureOfHello));
        Assert.That(signature, Has.Length.EqualTo(SecretKey.SignatureSize));
        Assert.That(key.Id.ToString(), Is.EqualTo(vector.Id));
    }

    [Test]
    public void Secret_IsReadInBothForms()
    {
        var seed = Convert.FromHexString(Secret);
        var fromBase32 = SecretKey.Parse(Base32.Encode(seed).ToUpperInvariant());
        Assert.That(fromBase32.Id, Is.EqualTo(SecretKey.Parse(Secret).Id));
        Assert.That(fromBase32.Id, Is.EqualTo(SecretKey.FromBytes(seed).Id));
        Assert.That(SecretOf(fromBase32), Is.EqualTo(Secret));
    }

    [TestCase("")]
    [TestCase(" " + Secret)]
    [TestCase(Secret + "\n")]
    [TestCase("9D61B19DEFFD5A60BA844AF492EC2CC44449C5697B326919703BAC031CAE7F60")]
    [TestCase("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f6!")]
    [TestCase("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f")]
    [TestCase("tvq3dhpp7vngboueslzzf3bmyrcetrljpmzgsglqhowahhfop5q!")]
    public void MalformedSecret_IsRefusedWithoutBeingQuoted(string text)
    {
        var refusal = Assert.Throws<FormatException>(() => SecretKey.Parse(text));
        Assert.That(refusal.Message, Does.StartWith("Not a secret key: "));
        AssertShowsNothingOf(text, refusal.ToString());
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(64)]
    public void WrongNumberOfBytes_IsRefused(int length) =>
        Assert.That(() => SecretKey.FromBytes(new byte[length]), Throws.TypeOf<FormatException>());

    [Test]
    public void KeyAsText_ShowsThePublicHalfOnly()
    {
        var key = SecretKey.Parse(Secret);
        Assert.That(key.ToString(), Is.EqualTo("SecretKey(d75a980182…)"));
        AssertShowsNothingOf(Secret, $"{key} {key.Id}");
        AssertShowsNothingOf(Secret, System.Text.Json.JsonSerializer.Serialize(key));
    }

    [Test]
    public void GeneratedKeys_DifferAndSignForTheirIds()
    {
        var (one, other) = (SecretKey.Generate(), SecretKey.Generate());
        Assert.That(one.Id, Is.Not.EqualTo(other.Id));

        var message = "a message"u8;
        var publicKey = PublicKey.Import(SignatureAlgorithm.Ed25519, one.Id.ToArray(), KeyBlobFormat.RawPublicKey);
        Assert.That(SignatureAlgorithm.Ed25519.Verify(publicKey, message, one.Sign(message)), Is.True);
        Assert.That(SignatureAlgorithm.Ed25519.Verify(publicKey, message, other.Sign(message)), Is.False);
    }

    [Test]
    public void CopiedSecret_MakesTheSameKey()
    {
        var key = SecretKey.Generate();
        var copy = new byte[40];
        key.CopySecretTo(copy);
        Assert.That(SecretKey.FromBytes(copy.AsSpan(0, SecretKey.Size)).Id, Is.EqualTo(key.Id));
        Assert.That(copy[SecretKey.Size..], Is.All.Zero);
        Assert.That(() => key.CopySecretTo(new byte[31]), Throws.InstanceOf<ArgumentException>());
    }

    internal static string SecretOf(SecretKey key)
    {
        Span<byte> secret = stackalloc byte[SecretKey.Size];
        key.CopySecretTo(secret);
        return Convert.ToHexStringLower(secret);
    }

    // The text contains no 8 consecutive characters of the secret, and none of its bytes in the formats of printed arrays.
    internal static void AssertShowsNothingOf(string secret, string shown)
    {
        for (var i = 0; i + 8 <= secret.Length; i++)
            Assert.That(shown, Does.Not.Contain(secret[i..(i + 8)]).IgnoreCase);
        if (secret.Length == 64)
            Assert.That(
                shown,
                Does.Not.Contain(Convert.ToBase64String(Encoding.ASCII.GetBytes(secret)))
                    .And.Not.Contain("[157,97,177").And.Not.Contain("9D-61-B1"));
    }
}
