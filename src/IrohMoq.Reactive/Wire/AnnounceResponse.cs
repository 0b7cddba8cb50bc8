namespace IrohMoq.Reactive.Wire;

// 03–05:   absent: ANNOUNCE has no type
// 06:      ANNOUNCE_START | ANNOUNCE_END | ANNOUNCE_UPDATE | Type (i) >= 3, Length (i), ignored
// moq-lite draft 06, "ANNOUNCE_START", "ANNOUNCE_END" and "ANNOUNCE_UPDATE", which differ in the type before the length.

/// <summary>
/// Represents a message of a publisher on an Announce stream, after its ANNOUNCE_OK. At most one of the properties is not null. All of
/// them are null for a message of an unknown type, which the receiver ignores and does not number.
/// </summary>
/// <param name="Start">The message that announces a route, or null.</param>
/// <param name="End">The message that withdraws a route, or null.</param>
/// <param name="Update">The message that changes a route, or null.</param>
internal readonly record struct AnnounceResponse(AnnounceStart? Start = null, AnnounceEnd? End = null, AnnounceUpdate? Update = null)
{
    public const string Name = "announcement";

    /// <summary>Reads one message, including its type and length, from the start of the buffer.</summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="response">The message.</param>
    /// <param name="consumed">The number of bytes of the message, or 0 if bytes are missing.</param>
    /// <returns>
    /// False if bytes are missing: read more, or, at the end of the stream, throw <see cref="MessageFraming.Truncated"/>, which closes the
    /// session here.
    /// </returns>
    /// <exception cref="MoqProtocolException">The message is malformed or too large.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out AnnounceResponse response, out int consumed)
    {
        response = default;
        consumed = 0;
        if (version < MoqVersion.Lite06)
            throw version.NotSpoken();
        if (!Varint.TryRead(buffer, out var type, out var prefix))
            return false;
        switch (type)
        {
            case AnnounceStart.Type:
                if (!AnnounceStart.TryRead(buffer, version, out var start, out consumed))
                    return false;
                response = new AnnounceResponse(Start: start);
                return true;
            case AnnounceEnd.Type:
                if (!AnnounceEnd.TryRead(buffer, version, out var end, out consumed))
                    return false;
                response = new AnnounceResponse(End: end);
                return true;
            case AnnounceUpdate.Type:
                if (!AnnounceUpdate.TryRead(buffer, version, out var update, out consumed))
                    return false;
                response = new AnnounceResponse(Update: update);
                return true;
            default:
                if (!MessageFraming.TryReadBody(buffer[prefix..], Name, true, out _, out var framed))
                    return false;
                consumed = prefix + framed;
                return true;
        }
    }
}
