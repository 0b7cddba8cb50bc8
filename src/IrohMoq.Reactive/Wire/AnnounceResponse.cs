namespace IrohMoq.Reactive.Wire;

// 03–05:   absent: ANNOUNCE has no type
// 06:      ANNOUNCE_START | ANNOUNCE_END | ANNOUNCE_UPDATE | Type (i) >= 3, Length (i), ignored
// moq-lite draft 06, "ANNOUNCE_START", "ANNOUNCE_END" and "ANNOUNCE_UPDATE", which differ in the type before the length.

/// <summary>
/// Represents a message of a publisher on an Announce stream, after its ANNOUNCE_OK. At most one of the properties is not null. All of
/// them are null for a message of an unknown type, which the receiver ignores and does not number.
/// </summary>
internal readonly record struct AnnounceResponse
{
    public const string Name = "announcement";

    // The messages share their fields, because this value is copied several times on its way to the reader.
    private readonly Kind _kind;
    private readonly ulong _id;
    private readonly BroadcastPath _suffix;
    private readonly Route _route;

    public AnnounceResponse(AnnounceStart start) => (_kind, _suffix, _route) = (Kind.Start, start.Suffix, start.Route);

    public AnnounceResponse(AnnounceEnd end) => (_kind, _id) = (Kind.End, end.Id);

    public AnnounceResponse(AnnounceUpdate update) => (_kind, _id, _route) = (Kind.Update, update.Id, update.Route);

    private enum Kind : byte
    {
        Unknown,
        Start,
        End,
        Update,
    }

    /// <summary>Gets the message that announces a route, or null.</summary>
    public AnnounceStart? Start => _kind == Kind.Start ? new AnnounceStart(_suffix, _route) : null;

    /// <summary>Gets the message that withdraws a route, or null.</summary>
    public AnnounceEnd? End => _kind == Kind.End ? new AnnounceEnd(_id) : null;

    /// <summary>Gets the message that changes a route, or null.</summary>
    public AnnounceUpdate? Update => _kind == Kind.Update ? new AnnounceUpdate(_id, _route) : null;

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
                response = new AnnounceResponse(start);
                return true;
            case AnnounceEnd.Type:
                if (!AnnounceEnd.TryRead(buffer, version, out var end, out consumed))
                    return false;
                response = new AnnounceResponse(end);
                return true;
            case AnnounceUpdate.Type:
                if (!AnnounceUpdate.TryRead(buffer, version, out var update, out consumed))
                    return false;
                response = new AnnounceResponse(update);
                return true;
            default:
                if (!MessageFraming.TryReadBody(buffer[prefix..], Name, true, out _, out var framed))
                    return false;
                consumed = prefix + framed;
                return true;
        }
    }
}
