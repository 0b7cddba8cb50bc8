using System.Runtime.InteropServices;
using System.Security.Cryptography;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Specifies what the token in the first packet of a client proves.</summary>
internal enum TokenState
{
    /// <summary>There is no token of a Retry. A token of another kind proves nothing and is ignored.</summary>
    None,

    /// <summary>The client receives at its address: this endpoint has sent the token there a short time ago.</summary>
    Valid,

    /// <summary>The token is one of a Retry, but it is altered, too old, or belongs to another address, connection or endpoint.</summary>
    Invalid,
}

/// <summary>
/// Creates and verifies the tokens of Retry packets (RFC 9000, section 8.1.2). A token contains the address of the client, the connection
/// id to which the client sent its first packet, and the time, encrypted and authenticated together with the connection id that the Retry
/// gives the client. So nothing is stored for a client that has been sent a Retry. This class is not thread-safe.
/// </summary>
/// <remarks>
/// The secret is random and not derived from the key of the endpoint: the times in the tokens are from a clock that starts again with the
/// machine, so that a token of an earlier process could be valid for a second time.
/// </remarks>
internal sealed unsafe class RetryTokens : IDisposable
{
    /// <summary>The length of a token in bytes.</summary>
    public const int Size = 90;

    /// <summary>The time, in nanoseconds, for which a token is valid.</summary>
    public const ulong Lifetime = 10_000_000_000;

    /// <summary>The first byte of each token.</summary>
    private const byte Magic = 0xb7;

    private const int SecretSize = 32;

    private byte* _secret = (byte*)NativeMemory.AllocZeroed(SecretSize);

    public RetryTokens() => RandomNumberGenerator.Fill(new Span<byte>(_secret, SecretSize));

    /// <summary>Creates a token.</summary>
    /// <param name="token">The buffer that receives the token, <see cref="Size"/> bytes.</param>
    /// <param name="version">The QUIC version of the client's packet.</param>
    /// <param name="remote">The address of the client.</param>
    /// <param name="retryScid">The connection id that the Retry gives the client.</param>
    /// <param name="originalDcid">The destination connection id of the client's packet.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <returns>False if the native library failed.</returns>
    public bool TryCreate(byte* token, uint version, in NetworkAddress remote, NgCid* retryScid, NgCid* originalDcid, ulong now)
    {
        var address = stackalloc byte[NetworkAddress.MaxNativeSize];
        var length = (uint)remote.Write(new Span<byte>(address, NetworkAddress.MaxNativeSize));
        return CryptoGnuTls.GenerateRetryToken(token, _secret, SecretSize, version, address, length, retryScid, originalDcid, now) == Size;
    }

    /// <summary>Verifies the token in the first packet of a client. Decrypts nothing if there is none.</summary>
    /// <param name="header">The header of the packet.</param>
    /// <param name="remote">The address from which the packet has arrived.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <param name="originalDcid">
    /// Receives the destination connection id of the packet that was answered with the Retry, if the token is valid.
    /// </param>
    public TokenState Verify(NgPacketHeader* header, in NetworkAddress remote, ulong now, NgCid* originalDcid)
    {
        if (header->TokenLength != Size || header->Token[0] != Magic)
            return TokenState.None;
        var address = stackalloc byte[NetworkAddress.MaxNativeSize];
        var length = (uint)remote.Write(new Span<byte>(address, NetworkAddress.MaxNativeSize));
        var result = CryptoGnuTls.VerifyRetryToken(
            originalDcid, header->Token, header->TokenLength, _secret, SecretSize, header->Version, address, length, &header->Dcid,
            Lifetime, now);
        return result == 0 ? TokenState.Valid : TokenState.Invalid;
    }

    /// <summary>Clears and releases the secret.</summary>
    public void Dispose()
    {
        if (_secret is null)
            return;
        CryptographicOperations.ZeroMemory(new Span<byte>(_secret, SecretSize));
        NativeMemory.Free(_secret);
        _secret = null;
    }
}
