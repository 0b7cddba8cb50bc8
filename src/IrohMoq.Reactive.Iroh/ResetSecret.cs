using System.Security.Cryptography;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// The secret from which an endpoint makes the stateless reset tokens of its connection ids (RFC 9000, section 10.3.2). It is derived from
/// the endpoint's key, so that an endpoint that is started again with the same key can reset the connections of its predecessor.
/// </summary>
internal static class ResetSecret
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 32;

    private static ReadOnlySpan<byte> Purpose => "IrohMoq.Reactive stateless reset 1"u8;

    /// <summary>Derives the secret.</summary>
    /// <param name="key">The key of the endpoint.</param>
    /// <param name="destination">Receives the secret; exactly <see cref="Size"/> bytes.</param>
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
