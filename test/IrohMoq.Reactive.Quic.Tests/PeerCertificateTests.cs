using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>The certificate that proves the ID of a peer, and everything that must not be taken for a proof. It needs no QUIC.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class PeerCertificateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly SecretKey Peer = SecretKey.Generate();

    [Test]
    public void OwnCertificate_ProvesTheId_OfEveryKey() =>
        Gen.Byte.Array[SecretKey.Size].Sample(
            static seed =>
            {
                var key = SecretKey.FromBytes(seed);
                using var certificate = Sent(PeerCertificate.Create(key, Now));
                return PeerCertificate.TryVerify(certificate, Now, out var id, out _) && id == key.Id
                    && PeerCertificate.IdOf(certificate) == key.Id;
            },
            iter: 50);

    [Test]
    public void NoCertificate() => IsRefused(null, "no certificate");

    [Test]
    public void Expired()
    {
        using var certificate = Sent(PeerCertificate.Create(Peer, Now));
        Assert.That(PeerCertificate.TryVerify(certificate, Now.AddDays(3649), out _, out _), Is.True);
        Assert.That(PeerCertificate.TryVerify(certificate, Now.AddDays(3651), out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("expired"));
    }

    [Test]
    public void NotYetValid_ButAClockMayBeADayLate()
    {
        using var certificate = Sent(PeerCertificate.Create(Peer, Now));
        Assert.That(PeerCertificate.TryVerify(certificate, Now.AddHours(-23), out _, out _), Is.True);
        Assert.That(PeerCertificate.TryVerify(certificate, Now.AddHours(-25), out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("not yet valid"));
    }

    [Test]
    public void WithoutTheExtension()
    {
        using var certificate = Made(static _ => []);
        IsRefused(certificate, "no extension");
    }

    [Test]
    public void WithTheExtensionTwice()
    {
        // CertificateRequest does not create such a certificate, so that it is encoded by hand.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var extension = PeerCertificate.ExtensionOf(Peer, key.ExportSubjectPublicKeyInfo());
        using var certificate = HandMade(key, extension, extension);
        IsRefused(certificate, "two extensions");
    }

    [Test]
    public void HandMadeCertificate_WithOneExtension_IsValid()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = HandMade(key, PeerCertificate.ExtensionOf(Peer, key.ExportSubjectPublicKeyInfo()));
        Assert.That(PeerCertificate.TryVerify(certificate, Now, out var id, out _) && id == Peer.Id, Is.True);
    }

    [Test]
    public void WithAnUnknownCriticalExtension()
    {
        using var certificate = Made(key =>
            [PeerCertificate.ExtensionOf(Peer, key), new X509Extension("1.2.3.4.5", [0x05, 0x00], critical: true)]);
        IsRefused(certificate, "unknown critical extension 1.2.3.4.5");
    }

    [Test]
    public void WithAnUnknownExtensionThatIsNotCritical_IsValid()
    {
        using var certificate = Made(key =>
            [PeerCertificate.ExtensionOf(Peer, key), new X509Extension("1.2.3.4.5", [0x05, 0x00], critical: false)]);
        Assert.That(PeerCertificate.TryVerify(certificate, Now, out var id, out _) && id == Peer.Id, Is.True);
    }

    /// <summary>An attacker copies the extension of a peer to a certificate of its own key.</summary>
    [Test]
    public void WithTheExtensionOfAnotherPeer()
    {
        using var victim = PeerCertificate.Create(Peer, Now);
        var copied = victim.Extensions.First(static extension => extension.Oid?.Value == PeerCertificate.ExtensionOid);
        using var certificate = Made(_ => [copied]);
        IsRefused(certificate, "has not signed");
    }

    /// <summary>An attacker presents the certificate of a peer after changing one byte of the part that the peer signed.</summary>
    [Test]
    public void WithAnotherSignatureOfItsOwn()
    {
        using var genuine = PeerCertificate.Create(Peer, Now);
        var bytes = genuine.RawData;
        // The name of the subject: CN=peer. The key and the extension stay as they are.
        var name = bytes.AsSpan().LastIndexOf("peer"u8);
        bytes[name] ^= 1;
        using var certificate = X509CertificateLoader.LoadCertificate(bytes);
        IsRefused(certificate, "not signed by its own");
    }

    [TestCase("P-384")]
    [TestCase("SHA-384")]
    [TestCase("RSA")]
    public void WithAKeyOfAnotherKind(string kind)
    {
        using var ec = ECDsa.Create(kind == "P-384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var request = kind == "RSA"
            ? new CertificateRequest("CN=peer", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=peer", ec, kind == "SHA-384" ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(PeerCertificate.ExtensionOf(Peer, request.PublicKey.ExportSubjectPublicKeyInfo()));
        using var certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        IsRefused(certificate, "P-256");
    }

    [Test]
    public void ExtensionThatIsCutAtAnyByte()
    {
        for (var length = 0; length < Extension(Peer.Id, []).Length; length++)
        {
            var cut = length;
            using var certificate = Made(key => [With(Peer, key, value => value[..cut])]);
            IsRefused(certificate, null, $"{length} bytes");
        }
    }

    [Test]
    public void ExtensionWithAChangedByte()
    {
        var length = Extension(Peer.Id, []).Length;
        for (var index = 0; index < length; index++)
        {
            var changed = index;
            using var certificate = Made(key => [With(Peer, key, value =>
            {
                value[changed] ^= 1;
                return value;
            })]);
            IsRefused(certificate, null, $"byte {index}");
        }
    }

    [Test]
    public void ExtensionWithMoreBytes()
    {
        using var after = Made(key => [With(Peer, key, static value => [.. value, 0])]);
        IsRefused(after, "malformed");
        using var inside = Made(key => [With(Peer, key, static value => [value[0], (byte)(value[1] + 2), .. value[2..], 5, 0])]);
        IsRefused(inside, "malformed");
    }

    [Test]
    public void ExtensionOfRandomBytes() =>
        Gen.Byte.Array[0, 120].Sample(
            static bytes =>
            {
                using var certificate = Made(_ => [new X509Extension(PeerCertificate.ExtensionOid, bytes, critical: false)]);
                return !PeerCertificate.TryVerify(certificate, Now, out _, out _);
            },
            iter: 200);

    /// <summary>A key of small order, for which signatures are valid that anybody can make.</summary>
    [Test]
    public void WeakKey()
    {
        byte[] weak = [1, .. new byte[31]];
        var extension = Extension(EndpointId.FromBytes(weak), [1, .. new byte[63]]);
        using var certificate = Made(_ => [new X509Extension(PeerCertificate.ExtensionOid, extension, critical: false)]);
        IsRefused(certificate, "has not signed");
    }

    private static void IsRefused(X509Certificate2? certificate, string? problem, string? because = null)
    {
        Assert.That(PeerCertificate.TryVerify(certificate, Now, out var id, out var found), Is.False, because);
        Assert.That(id, Is.EqualTo(default(EndpointId)));
        if (problem is not null)
            Assert.That(found, Does.Contain(problem));
    }

    /// <summary>Returns a certificate as the peer receives it: without the private key.</summary>
    private static X509Certificate2 Sent(X509Certificate2 own)
    {
        using (own)
            return X509CertificateLoader.LoadCertificate(own.RawData);
    }

    private static X509Certificate2 Made(Func<byte[], X509Extension[]> extensions)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer", key, HashAlgorithmName.SHA256);
        foreach (var extension in extensions(key.ExportSubjectPublicKeyInfo()))
            request.CertificateExtensions.Add(extension);
        return Sent(request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1)));
    }

    private static X509Extension With(SecretKey peer, byte[] key, Func<byte[], byte[]> change) =>
        new(PeerCertificate.ExtensionOid, change(PeerCertificate.ExtensionOf(peer, key).RawData), critical: false);

    private static byte[] Extension(EndpointId id, byte[] signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString([0x08, 0x01, 0x12, 0x20, .. id.ToArray()]);
            writer.WriteOctetString(signature.Length == 0 ? new byte[SecretKey.SignatureSize] : signature);
        }

        return writer.Encode();
    }

    /// <summary>Encodes a certificate with any extensions (RFC 5280, section 4.1).</summary>
    private static X509Certificate2 HandMade(ECDsa key, params X509Extension[] extensions)
    {
        var name = new X500DistinguishedName("CN=peer").RawData;
        var content = new AsnWriter(AsnEncodingRules.DER);
        using (content.PushSequence())
        {
            using (content.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                content.WriteInteger(2);
            content.WriteInteger(1);
            WriteAlgorithm(content);
            content.WriteEncodedValue(name);
            using (content.PushSequence())
            {
                content.WriteUtcTime(Now.AddDays(-1));
                content.WriteUtcTime(Now.AddDays(1));
            }

            content.WriteEncodedValue(name);
            content.WriteEncodedValue(key.ExportSubjectPublicKeyInfo());
            using (content.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
            using (content.PushSequence())
            {
                foreach (var extension in extensions)
                {
                    using (content.PushSequence())
                    {
                        content.WriteObjectIdentifier(extension.Oid!.Value!);
                        content.WriteOctetString(extension.RawData);
                    }
                }
            }
        }

        var signed = content.Encode();
        var all = new AsnWriter(AsnEncodingRules.DER);
        using (all.PushSequence())
        {
            all.WriteEncodedValue(signed);
            WriteAlgorithm(all);
            all.WriteBitString(key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return X509CertificateLoader.LoadCertificate(all.Encode());

        static void WriteAlgorithm(AsnWriter writer)
        {
            using (writer.PushSequence())
                writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
        }
    }
}
