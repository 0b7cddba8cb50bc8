using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IrohMoq.Reactive.Quic;

/// <summary>
/// Binds the Ed25519 key of a peer to an ephemeral certificate, as the libp2p TLS specification does: an extension contains the public key,
/// and its signature of the key of the certificate. System.Net.Quic can neither present an Ed25519 certificate nor a raw public key.
/// </summary>
/// <remarks>
/// The extension is <c>SEQUENCE { OCTET STRING key, OCTET STRING signature }</c>. The key is a protobuf message with the type Ed25519.
/// </remarks>
internal static class PeerCertificate
{
    internal const string ExtensionOid = "1.3.6.1.4.1.53594.1.1";

    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    private const int CurveBits = 256;

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromDays(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    /// <summary>Gets the beginning of the encoded public key: the type Ed25519 and the length of 32 bytes.</summary>
    private static ReadOnlySpan<byte> KeyPrefix => [0x08, 0x01, 0x12, EndpointId.Size];

    private static ReadOnlySpan<byte> SignaturePrefix => "libp2p-tls-handshake:"u8;

    /// <summary>Creates a certificate with a new P-256 key, signed by itself.</summary>
    /// <param name="key">The key of this peer.</param>
    /// <param name="now">The current time. The certificate is valid from a day before, for peers whose clocks are late.</param>
    public static X509Certificate2 Create(SecretKey key, DateTimeOffset now)
    {
        using var certified = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer", certified, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(ExtensionOf(key, certified.ExportSubjectPublicKeyInfo()));
        var created = request.CreateSelfSigned(now - ClockTolerance, now + Lifetime);
        if (!OperatingSystem.IsWindows())
            return created;
        // The TLS of Windows cannot use a key that is only in memory.
        using (created)
            return X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Verifies the certificate of a peer, and returns the ID of the peer.</summary>
    /// <param name="certificate">The certificate that the peer has presented; null if it has presented none.</param>
    /// <param name="now">The current time.</param>
    /// <param name="id">The ID of the peer, if the certificate proves it.</param>
    /// <param name="problem">The reason why the certificate proves nothing, or null.</param>
    public static bool TryVerify(
        X509Certificate? certificate, DateTimeOffset now, out EndpointId id, [NotNullWhen(false)] out string? problem)
    {
        id = default;
        try
        {
            problem = certificate is X509Certificate2 presented ? Verify(presented, now, out id) : "the peer presented no certificate";
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException or FormatException)
        {
            problem = $"the certificate is malformed: {fault.Message}";
        }

        if (problem is null)
            return true;
        id = default;
        return false;
    }

    /// <summary>Returns the ID in a certificate that <see cref="TryVerify"/> has verified.</summary>
    public static EndpointId IdOf(X509Certificate2 verified) =>
        EndpointId.FromBytes(Parse(verified.Extensions.First(static extension => extension.Oid?.Value == ExtensionOid).RawData).Key);

    /// <summary>Creates the extension that binds a key to the public key of a certificate.</summary>
    internal static X509Extension ExtensionOf(SecretKey key, ReadOnlySpan<byte> publicKeyInfo)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString([.. KeyPrefix, .. key.Id.ToArray()]);
            writer.WriteOctetString(key.Sign(SignedMessage(publicKeyInfo)));
        }

        return new X509Extension(ExtensionOid, writer.Encode(), critical: false);
    }

    private static string? Verify(X509Certificate2 certificate, DateTimeOffset now, out EndpointId id)
    {
        id = default;
        if (now.UtcDateTime < certificate.NotBefore.ToUniversalTime())
            return "the certificate is not yet valid: compare the clocks of both machines";
        if (now.UtcDateTime > certificate.NotAfter.ToUniversalTime())
            return "the certificate has expired: compare the clocks of both machines";
        byte[]? binding = null;
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == ExtensionOid)
            {
                if (binding is not null)
                    return "the certificate has two extensions with a peer key";
                binding = extension.RawData;
            }
            else if (extension.Critical)
            {
                return $"the certificate has the unknown critical extension {extension.Oid?.Value}";
            }
        }

        if (binding is null)
            return "the certificate has no extension with a peer key";
        var (key, signature) = Parse(binding);
        id = EndpointId.FromBytes(key);
        if (!id.Verifies(SignedMessage(certificate.PublicKey.ExportSubjectPublicKeyInfo()), signature))
            return "the peer key has not signed the key of the certificate";
        return IsSelfSigned(certificate) ? null : "the certificate is not signed by its own P-256 key with SHA-256";
    }

    private static (byte[] Key, byte[] Signature) Parse(byte[] extension)
    {
        var reader = new AsnReader(extension, AsnEncodingRules.DER);
        var sequence = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        var (key, signature) = (sequence.ReadOctetString(), sequence.ReadOctetString());
        sequence.ThrowIfNotEmpty();
        return key.Length == KeyPrefix.Length + EndpointId.Size && key.AsSpan().StartsWith(KeyPrefix)
            ? (key[KeyPrefix.Length..], signature)
            : throw new FormatException("The peer key is not an Ed25519 key.");
    }

    private static bool IsSelfSigned(X509Certificate2 certificate)
    {
        var reader = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
        var signed = reader.ReadEncodedValue();
        reader.ReadEncodedValue();
        var signature = reader.ReadBitString(out _);
        using var key = certificate.GetECDsaPublicKey();
        return key is { KeySize: CurveBits } && certificate.SignatureAlgorithm.Value == EcdsaWithSha256
            && key.VerifyData(signed.Span, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static byte[] SignedMessage(ReadOnlySpan<byte> publicKeyInfo) => [.. SignaturePrefix, .. publicKeyInfo];
}
