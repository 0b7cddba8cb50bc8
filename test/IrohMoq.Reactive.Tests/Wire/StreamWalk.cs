using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>
/// Decodes everything that one side wrote on a stream, as a session does, and encodes it again. All of it must be complete messages.
/// </summary>
internal static class StreamWalk
{
    /// <summary>Returns the bytes that the opener of a stream wrote, after decoding and encoding them.</summary>
    public static byte[] Opener(ReadOnlySpan<byte> bytes, bool isBidi, MoqVersion version)
    {
        if (!Varint.TryRead(bytes, out var type, out var used))
            return bytes.ToArray();
        var rest = bytes[used..];
        byte[] again = (isBidi, type) switch
        {
            (true, (ulong)BidiStreamType.Announce) => Messages(rest, version, "ANNOUNCE_REQUEST"),
            (true, (ulong)BidiStreamType.Subscribe) => Messages(rest, version, "SUBSCRIBE", "SUBSCRIBE_UPDATE"),
            (true, (ulong)BidiStreamType.Fetch) => Messages(rest, version, "FETCH"),
            (true, (ulong)BidiStreamType.Probe) => Messages(rest, version, "PROBE"),
            (true, (ulong)BidiStreamType.Goaway) => Messages(rest, version, "GOAWAY"),
            (true, (ulong)BidiStreamType.Track) => Messages(rest, version, "TRACK"),
            (false, (ulong)UniStreamType.Setup) => Messages(rest, version, "SETUP"),
            (false, (ulong)UniStreamType.Group) => Group(rest, version),
            _ => throw new FormatException($"The stream has the unknown type {type}."),
        };
        return [.. bytes[..used], .. again];
    }

    /// <summary>Returns the bytes that the acceptor of a bidirectional stream wrote, after decoding and encoding them.</summary>
    public static byte[] Response(ReadOnlySpan<byte> bytes, BidiStreamType type, MoqVersion version) => type switch
    {
        BidiStreamType.Announce when version == MoqVersion.Lite06 => Announcements(bytes, version),
        BidiStreamType.Announce when version == MoqVersion.Lite05 => Messages(bytes, version, "ANNOUNCE_OK", "ANNOUNCE"),
        BidiStreamType.Announce => Messages(bytes, version, "ANNOUNCE"),
        BidiStreamType.Subscribe => Responses(bytes, version),
        BidiStreamType.Fetch => Frames(bytes, version),
        BidiStreamType.Probe => Messages(bytes, version, "PROBE"),
        BidiStreamType.Track => Messages(bytes, version, "TRACK_INFO"),
        BidiStreamType.Goaway when bytes.IsEmpty => [],
        _ => throw new FormatException($"A {type} stream has no answer."),
    };

    // The first message, and then any number of the last one.
    private static byte[] Messages(ReadOnlySpan<byte> bytes, MoqVersion version, params string[] names)
    {
        var again = new List<byte>();
        for (var i = 0; !bytes.IsEmpty; i++)
        {
            var kind = MessageKind.Named(names[Math.Min(i, names.Length - 1)]);
            var (message, consumed) = kind.ReadToEnd(bytes, version)!.Value;
            again.AddRange(kind.Encode(message, version));
            bytes = bytes[consumed..];
        }

        return [.. again];
    }

    private static byte[] Announcements(ReadOnlySpan<byte> bytes, MoqVersion version)
    {
        if (bytes.IsEmpty)
            return [];
        var ok = MessageKind.Named("ANNOUNCE_OK");
        var (first, used) = ok.ReadToEnd(bytes, version)!.Value;
        var again = new List<byte>(ok.Encode(first, version));
        bytes = bytes[used..];
        while (!bytes.IsEmpty)
        {
            if (!AnnounceResponse.TryRead(bytes, version, out var response, out var consumed))
                throw MessageFraming.Truncated(AnnounceResponse.Name, bytes.Length, closesSession: true);
            var message = response.Start ?? response.Update ?? (object?)response.End;
            if (message is null)
                again.AddRange(bytes[..consumed]);
            else
                again.AddRange(Encode(message, version));
            bytes = bytes[consumed..];
        }

        return [.. again];
    }

    private static byte[] Responses(ReadOnlySpan<byte> bytes, MoqVersion version)
    {
        var again = new List<byte>();
        while (!bytes.IsEmpty)
        {
            if (!SubscribeResponse.TryRead(bytes, version, out var response, out var consumed))
                throw MessageFraming.Truncated(SubscribeResponse.Name, bytes.Length);
            again.AddRange(Encode(response.Ok ?? response.Drop ?? (object?)response.End!, version));
            bytes = bytes[consumed..];
        }

        return [.. again];
    }

    private static byte[] Group(ReadOnlySpan<byte> bytes, MoqVersion version)
    {
        var kind = MessageKind.Named("GROUP");
        var (header, consumed) = kind.ReadToEnd(bytes, version)!.Value;
        return [.. kind.Encode(header, version), .. Frames(bytes[consumed..], version)];
    }

    private static byte[] Frames(ReadOnlySpan<byte> bytes, MoqVersion version) =>
        FrameVectorTests.Write(FrameVectorTests.Read(bytes, version), version);

    private static byte[] Encode(object message, MoqVersion version) =>
        MessageKind.All.Single(kind => kind.Holds(message)).Encode(message, version);
}
