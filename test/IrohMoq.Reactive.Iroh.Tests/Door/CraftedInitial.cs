using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// First packets with any frames, protected as RFC 9001 says: the keys follow from the connection id, so anybody can make them.
/// </summary>
internal static class CraftedInitial
{
    private const int Size = 1200;
    private const int TagSize = 16;

    // RFC 9001, section 5.2.
    private static readonly byte[] Salt = Convert.FromHexString("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");

    /// <summary>A PING frame.</summary>
    public static byte[] Ping => [0x01];

    /// <summary>A CRYPTO frame with ten bytes at an offset.</summary>
    public static byte[] Crypto(ushort offset) => [0x06, (byte)(0x40 | (offset >> 8)), (byte)offset, 10, .. new byte[10]];

    public static byte[] Create(byte[] dcid, byte[] frames)
    {
        byte[] header = [0xc0, 0, 0, 0, 1, (byte)dcid.Length, .. dcid, 0, 0, 0, 0, 0];
        var rest = Size - header.Length + 1;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(header.Length - 3), (ushort)(0x4000 | rest));
        var secret = Expand(HKDF.Extract(HashAlgorithmName.SHA256, dcid, Salt), "client in", 32);

        // The packet number is 0, so that the nonce is the IV. The frames are followed by padding.
        var plain = new byte[Size - header.Length - TagSize];
        frames.CopyTo(plain, 0);
        var packet = new byte[Size];
        header.CopyTo(packet, 0);
        using (var aead = new AesGcm(Expand(secret, "quic key", 16), TagSize))
        {
            aead.Encrypt(
                Expand(secret, "quic iv", 12), plain, packet.AsSpan(header.Length, plain.Length), packet.AsSpan(Size - TagSize), header);
        }

        using var aes = Aes.Create();
        aes.Key = Expand(secret, "quic hp", 16);
        var mask = aes.EncryptEcb(packet.AsSpan(header.Length + 3, 16), PaddingMode.None);
        packet[0] ^= (byte)(mask[0] & 0x0f);
        packet[header.Length - 1] ^= mask[1];
        return packet;
    }

    private static byte[] Expand(byte[] secret, string label, int length)
    {
        var full = Encoding.ASCII.GetBytes($"tls13 {label}");
        return HKDF.Expand(HashAlgorithmName.SHA256, secret, length, [0, (byte)length, (byte)full.Length, .. full, 0]);
    }
}
