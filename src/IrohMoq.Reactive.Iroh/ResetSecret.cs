using System.Security.Cryptography;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Derives the secret from which an endpoint generates the stateless reset tokens of its connection ids (RFC 9000, section 10.3.2). The
/// secret depends only on the key of the endpoint, so that an endpoint that is restarted with the same key can reset the connections of the
/// previous process.
/// </summary>
internal static class ResetSecret
{
    /// <summary>The length of the secret in bytes.</summary>
    public const int Size = 32;

    private static ReadOnlySpan<byte> Purpose => "IrohMoq.Reactive stateless reset 1"u8;

    /// <summary>Derives the secret from the key of an endpoint.</summary>
    /// <param name="key">The key of the endpoint.</param>
    /// <param name="destination">The buffer that receives the secret; must have exactly <see cref="Size"/> bytes.</param>
    public static void Derive(SecretKey key, Span<byte> destination)
    {
        Span<byte> seed = stackalloc byte[SecretKey.Size];
        try
        {
            key.CopySecretTo(seed);
            HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, destination, salt: [], info: Purpose);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }
}
