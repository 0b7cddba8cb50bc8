using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tls;

/// <summary>
/// Represents the TLS credentials and algorithm priorities of an endpoint, which all of its connections share: a raw Ed25519 public key
/// (RFC 7250), and TLS 1.3 only.
/// </summary>
internal sealed unsafe class RawKeyCredentials : IDisposable
{
    /// <summary>Gets the bytes that precede the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo structure. See RFC 8410.</summary>
    public static ReadOnlySpan<byte> SpkiPrefix => [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    /// <summary>Gets the bytes that precede the 32 bytes of an Ed25519 seed in a PKCS#8 structure. See RFC 8410.</summary>
    private static ReadOnlySpan<byte> Pkcs8Prefix =>
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    // AES comes first, because a GnuTLS server follows the order of the client, and ChaCha20 in GnuTLS is many times slower.
    private const string Priorities =
        "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"
        + ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:-SIGN-ALL:+SIGN-EDDSA-ED25519:-CTYPE-ALL:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK";

    public RawKeyCredentials(SecretKey key)
    {
        void* credentials;
        GnuTls.Check(GnuTls.AllocateCredentials(&credentials), "allocate credentials");
        Credentials = credentials;
        try
        {
            SetKey(key);
            void* priority;
            byte* errorAt;
            GnuTls.Check(GnuTls.PriorityInit(&priority, Priorities, &errorAt, 0), "take its priorities");
            Priority = priority;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void* Credentials { get; private set; }

    public void* Priority { get; private set; }

    public void Dispose()
    {
        if (Priority is not null)
            GnuTls.PriorityDeinit(Priority);
        if (Credentials is not null)
            GnuTls.FreeCredentials(Credentials);
        Priority = Credentials = null;
    }

    private void SetKey(SecretKey key)
    {
        var spki = stackalloc byte[SpkiPrefix.Length + EndpointId.Size];
        var pkcs8 = stackalloc byte[Pkcs8Prefix.Length + SecretKey.Size];
        var seed = new Span<byte>(pkcs8 + Pkcs8Prefix.Length, SecretKey.Size);
        try
        {
            SpkiPrefix.CopyTo(new Span<byte>(spki, SpkiPrefix.Length));
            key.Id.CopyTo(new Span<byte>(spki + SpkiPrefix.Length, EndpointId.Size));
            Pkcs8Prefix.CopyTo(new Span<byte>(pkcs8, Pkcs8Prefix.Length));
            key.CopySecretTo(seed);
            var publicKey = new GnuTlsDatum { Data = spki, Size = (uint)(SpkiPrefix.Length + EndpointId.Size) };
            var privateKey = new GnuTlsDatum { Data = pkcs8, Size = (uint)(Pkcs8Prefix.Length + SecretKey.Size) };
            GnuTls.Check(
                GnuTls.SetRawPublicKey(
                    Credentials, &publicKey, &privateKey, GnuTls.FormatDer, null, GnuTls.KeyDigitalSignature, null, 0, 0),
                "take the key");
        }
        finally
        {
            seed.Clear();
        }
    }
}
