namespace IrohMoq.Reactive.Wire;

// 03, 04:  SUBSCRIBE_OK | SUBSCRIBE_DROP
// 05, 06:  SUBSCRIBE_OK | SUBSCRIBE_END | SUBSCRIBE_DROP
// moq-lite draft, "SUBSCRIBE_OK", "SUBSCRIBE_END" and "SUBSCRIBE_DROP", which differ in the type before the length.

/// <summary>Represents a response of a publisher on a Subscribe stream. Exactly one of the properties is not null.</summary>
/// <param name="Ok">The message that accepts the subscription, or null.</param>
/// <param name="Drop">The message that reports groups that will not be sent, or null.</param>
/// <param name="End">The message that reports where the track ends, or null. It exists from moq-lite-05 on.</param>
internal readonly record struct SubscribeResponse(SubscribeOk? Ok, SubscribeDrop? Drop, SubscribeEnd? End = null)
{
    public const string Name = "response to SUBSCRIBE";

    /// <summary>Reads one response, including its type and length, from the start of the buffer.</summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="response">The response.</param>
    /// <param name="consumed">The number of bytes of the response, or 0 if bytes are missing.</param>
    /// <returns>
    /// False if bytes are missing: read more, or, at the end of the stream, throw <see cref="MessageFraming.Truncated"/>.
    /// </returns>
    /// <exception cref="MoqProtocolException">The response is malformed, too large or of an unknown type.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out SubscribeResponse response, out int consumed)
    {
        response = default;
        consumed = 0;
        if (!Varint.TryRead(buffer, out var type, out _))
            return false;
        if (type == SubscribeOk.Type)
        {
            if (!SubscribeOk.TryRead(buffer, version, out var ok, out consumed))
                return false;
            response = new SubscribeResponse(ok, null);
            return true;
        }

        if (type == SubscribeDrop.Type(version))
        {
            if (!SubscribeDrop.TryRead(buffer, version, out var drop, out consumed))
                return false;
            response = new SubscribeResponse(null, drop);
            return true;
        }

        if (type == SubscribeEnd.Type)
        {
            if (!SubscribeEnd.TryRead(buffer, version, out var end, out consumed))
                return false;
            response = new SubscribeResponse(null, null, end);
            return true;
        }

        throw new MoqProtocolException(MoqErrorCode.Decode, $"The peer sent a {Name} of unknown type {type} at byte 0.");
    }
}
