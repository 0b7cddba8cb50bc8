using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the callback with which ngtcp2 decrypts packets (RFC 9001, section 5.3). It scans the plaintext for the frames that ngtcp2 does
/// not report.
/// </summary>
internal static unsafe class PacketDecryption
{
    private const int TagLength = 16;

    private static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<
        byte*, void*, void*, byte*, nuint, byte*, nuint, byte*, nuint, int> GnuTlsDecrypt =
        (delegate* unmanaged[Cdecl, SuppressGCTransition]<byte*, void*, void*, byte*, nuint, byte*, nuint, byte*, nuint, int>)
        CryptoGnuTls.Callback("decrypt");

    [ThreadStatic]
    private static List<(long Stream, ulong Code)>? _stops;

    /// <summary>Gets the STOP_SENDING frames in the packets that this thread has decrypted since the list was last cleared.</summary>
    public static List<(long Stream, ulong Code)> Stops => _stops ??= [];

    /// <summary>
    /// Decrypts a packet with GnuTLS, and scans the plaintext for STOP_SENDING frames, which ngtcp2 does not report.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Decrypt(
        byte* destination, void* aead, void* context, byte* cipher, nuint length, byte* nonce, nuint nonceLength, byte* header,
        nuint headerLength)
    {
        var result = GnuTlsDecrypt(destination, aead, context, cipher, length, nonce, nonceLength, header, headerLength);
        if (result != 0 || length <= TagLength)
            return result;
        try
        {
            StopScan.Find(new ReadOnlySpan<byte>(destination, (int)length - TagLength), Stops);
            return 0;
        }
        catch (Exception)
        {
            // The callback does not know its connection, so that the exception cannot be kept. It fails as a whole.
            return Ngtcp2.CallbackFailure;
        }
    }
}
