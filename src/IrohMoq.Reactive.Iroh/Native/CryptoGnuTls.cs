using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Iroh.Native;

/// <summary>
/// Declares the used functions of the ngtcp2 GnuTLS helper library. The callbacks of the library are passed to ngtcp2 as function
/// addresses. See ngtcp2_crypto_gnutls.h.
/// </summary>
internal static unsafe partial class CryptoGnuTls
{
    public const string Library = "libngtcp2_crypto_gnutls.so.8";

    private static readonly Lazy<nint> Handle = new(() => NativeLibrary.Load(Library));

    [LibraryImport(Library, EntryPoint = "ngtcp2_crypto_gnutls_configure_client_session")]
    public static partial int ConfigureClientSession(void* session);

    [LibraryImport(Library, EntryPoint = "ngtcp2_crypto_gnutls_configure_server_session")]
    public static partial int ConfigureServerSession(void* session);

    [LibraryImport(Library, EntryPoint = "ngtcp2_crypto_generate_stateless_reset_token")]
    public static partial int GenerateStatelessResetToken(byte* token, byte* secret, nuint secretLength, NgCid* cid);

    [LibraryImport(Library, EntryPoint = "ngtcp2_crypto_write_connection_close")]
    public static partial nint WriteStatelessClose(
        byte* destination, nuint length, uint version, NgCid* dcid, NgCid* scid, ulong code, byte* reason, nuint reasonLength);

    [LibraryImport(Library, EntryPoint = "ngtcp2_crypto_generate_retry_token2")]
    public static partial nint GenerateRetryToken(
        byte* token, byte* secret, nuint secretLength, uint version, void* remote, uint remoteLength, NgCid* retryScid, NgCid* originalDcid,
        ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_crypto_verify_retry_token2")]
    public static partial int VerifyRetryToken(
        NgCid* originalDcid, byte* token, nuint tokenLength, byte* secret, nuint secretLength, uint version, void* remote,
        uint remoteLength, NgCid* dcid, ulong lifetime, ulong now);

    [LibraryImport(Library, EntryPoint = "ngtcp2_crypto_write_retry")]
    public static partial nint WriteRetry(
        byte* destination, nuint length, uint version, NgCid* dcid, NgCid* scid, NgCid* originalDcid, byte* token, nuint tokenLength);

    /// <summary>Returns the address of a callback function of the ngtcp2 GnuTLS helper library.</summary>
    /// <param name="name">The name of the callback without the prefix <c>ngtcp2_crypto_</c> and the suffix <c>_cb</c>.</param>
    public static void* Callback(string name) => (void*)NativeLibrary.GetExport(Handle.Value, $"ngtcp2_crypto_{name}_cb");
}
