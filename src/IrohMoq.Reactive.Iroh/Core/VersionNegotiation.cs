using System.Buffers.Binary;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Reads Version Negotiation packets (RFC 9000, section 17.2.1).</summary>
internal static class VersionNegotiation
{
    private const int HeaderSize = 5;
    private const int MaxVersions = 8;

    // Versions of this pattern are reserved to test that unknown versions are ignored (RFC 9000, section 15).
    private const uint ReservedMask = 0x0f0f0f0f;
    private const uint ReservedPattern = 0x0a0a0a0a;

    /// <summary>Returns a description of the versions in a packet. Anybody on the network path can have written the packet.</summary>
    public static string Describe(ReadOnlySpan<byte> packet)
    {
        var versions = Versions(packet);
        List<string> names = [];
        for (; versions.Length >= sizeof(uint) && names.Count < MaxVersions; versions = versions[sizeof(uint)..])
        {
            var version = BinaryPrimitives.ReadUInt32BigEndian(versions);
            if ((version & ReservedMask) != ReservedPattern)
                names.Add($"0x{version:x}");
        }

        return names.Count == 0 ? "it names no version" : $"it supports {string.Join(", ", names)}";
    }

    /// <summary>Returns the list of versions, which follows the two connection ids and their lengths.</summary>
    private static ReadOnlySpan<byte> Versions(ReadOnlySpan<byte> packet)
    {
        var offset = HeaderSize;
        for (var ids = 0; ids < 2; ids++)
        {
            if (offset >= packet.Length)
                return [];
            offset += 1 + packet[offset];
        }

        return offset < packet.Length ? packet[offset..] : [];
    }
}
