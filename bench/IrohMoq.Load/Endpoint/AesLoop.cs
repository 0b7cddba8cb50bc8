using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Load.Endpoint;

/// <summary>
/// Measures the speed of the processor with the work that dominates a QUIC transfer: GnuTLS encrypts packets of 1,200 bytes with
/// AES-128-GCM.
/// </summary>
internal static unsafe partial class AesLoop
{
    private const int Aes128Gcm = 10;
    private const int PacketSize = 1200;
    private const int TagSize = 16;
    private const int KeySize = 16;
    private const int NonceSize = 12;
    private const int Batches = 15;
    private const int PacketsPerBatch = 20_000;

    /// <summary>Returns the thread's CPU time of one packet in nanoseconds, as the median of short batches.</summary>
    public static double Measure()
    {
        var key = stackalloc byte[KeySize];
        var nonce = stackalloc byte[NonceSize];
        var packet = stackalloc byte[PacketSize + TagSize];
        var datum = new GnuTlsDatum { Data = key, Size = KeySize };
        void* cipher;
        GnuTls.Check(Init(&cipher, Aes128Gcm, &datum), "create a cipher");
        try
        {
            var batches = new double[Batches];
            for (var batch = 0; batch < Batches; batch++)
            {
                var start = ResourceUsage.Thread().CpuSeconds;
                for (var i = 0; i < PacketsPerBatch; i++)
                {
                    nuint written = PacketSize + TagSize;
                    GnuTls.Check(
                        Encrypt(cipher, nonce, NonceSize, null, 0, TagSize, packet, PacketSize, packet, &written), "encrypt a packet");
                }

                batches[batch] = 1e9 * (ResourceUsage.Thread().CpuSeconds - start) / PacketsPerBatch;
            }

            return Median.Of(batches);
        }
        finally
        {
            Deinit(cipher);
        }
    }

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_aead_cipher_init")]
    private static partial int Init(void** cipher, int algorithm, GnuTlsDatum* key);

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_aead_cipher_encrypt")]
    private static partial int Encrypt(
        void* cipher, byte* nonce, nuint nonceLength, byte* authenticated, nuint authenticatedLength, nuint tagSize, byte* plain,
        nuint plainLength, byte* encrypted, nuint* encryptedLength);

    [LibraryImport(GnuTls.Library, EntryPoint = "gnutls_aead_cipher_deinit")]
    private static partial void Deinit(void* cipher);
}
