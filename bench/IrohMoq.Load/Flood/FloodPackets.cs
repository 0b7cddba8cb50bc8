using System.Security.Cryptography;
using IrohMoq.Reactive;

namespace IrohMoq.Load.Flood;

/// <summary>Creates the datagrams of a flood.</summary>
internal static class FloodPackets
{
    private const int GarbageSize = 1_200;

    /// <summary>Returns first packets of real clients, all different, each of which a listener would answer.</summary>
    public static byte[][] Initials(EndpointId listener, string protocol, int count)
    {
        using var settings = ClientCore.CreateSettings();
        var packets = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            using var client = new ClientCore(settings, listener, [protocol], 1);
            packets[i] = client.TakeSent()[0];
        }

        return packets;
    }

    /// <summary>
    /// Returns random bytes: with a long header of a random version, with a short header, and with the header of a first packet whose
    /// contents cannot be decrypted, in turn.
    /// </summary>
    public static byte[][] Garbage(int count)
    {
        var packets = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var packet = packets[i] = RandomNumberGenerator.GetBytes(GarbageSize);
            switch (i % 3)
            {
                case 0:
                    packet[0] |= 0xc0;
                    break;
                case 1:
                    packet[0] = (byte)((packet[0] & 0x3f) | 0x40);
                    break;
                default:
                    // Version 1, ids of 8 bytes each, no token, and the rest of the datagram.
                    byte[] header = [0xc3, 0, 0, 0, 1, 8, .. packet[6..14], 8, .. packet[15..23], 0, 0x44, GarbageSize - 26 & 0xff];
                    header[^2] = (byte)(0x40 | ((GarbageSize - 26) >> 8));
                    header.CopyTo(packet, 0);
                    break;
            }
        }

        return packets;
    }
}
