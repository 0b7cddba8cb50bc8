using System.Runtime.InteropServices;
using System.Security.Cryptography;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents the secret from which an endpoint generates the stateless reset tokens of its connection ids (RFC 9000, section 10.3.2). The
/// secret depends only on the key of the endpoint, so that an endpoint that is restarted with the same key can reset the connections of the
/// previous process.
/// </summary>
internal sealed unsafe class ResetSecret : IDisposable
{
    private const int Size = 32;

    private byte* _secret = (byte*)NativeMemory.AllocZeroed(Size);

    /// <summary>Initializes a new instance of the <see cref="ResetSecret"/> class from the key of an endpoint.</summary>
    public ResetSecret(SecretKey key)
    {
        Span<byte> seed = stackalloc byte[SecretKey.Size];
        try
        {
            key.CopySecretTo(seed);
            HKDF.DeriveKey(HashAlgorithmName.SHA256, seed, new Span<byte>(_secret, Size), salt: [], info: Purpose);
        }
        catch
        {
            Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private static ReadOnlySpan<byte> Purpose => "IrohMoq.Reactive stateless reset 1"u8;

    /// <summary>Generates the stateless reset token of a connection id.</summary>
    /// <param name="id">The connection id.</param>
    /// <param name="token">The buffer that receives the token, <see cref="ResetToken.Size"/> bytes.</param>
    /// <returns>False if the native library failed.</returns>
    public bool TryGenerate(NgCid* id, byte* token) => CryptoGnuTls.GenerateStatelessResetToken(token, _secret, Size, id) == 0;

    /// <summary>Clears and releases the secret.</summary>
    public void Dispose()
    {
        if (_secret is null)
            return;
        CryptographicOperations.ZeroMemory(new Span<byte>(_secret, Size));
        NativeMemory.Free(_secret);
        _secret = null;
    }
}
