namespace IrohMoq.Reactive.Wire;

// SUBSCRIBE_OK | SUBSCRIBE_DROP, which differ in the type before the length
// moq-lite draft, "SUBSCRIBE_OK" and "SUBSCRIBE_DROP".

/// <summary>What a publisher answers on a Subscribe stream: exactly one of the two is there.</summary>
/// <param name="Ok">The subscription is accepted.</param>
/// <param name="Drop">Groups will not come.</param>
internal readonly record struct SubscribeResponse(SubscribeOk? Ok, SubscribeDrop? Drop)
{
    public const string Name = "response to SUBSCRIBE";

    /// <summary>Takes one response, its type and length included, from the start of the buffer.</summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="version">The session's version.</param>
    /// <param name="response">The response.</param>
    /// <param name="consumed">How many bytes it took; 0 if bytes are missing.</param>
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
        switch (type)
        {
            case SubscribeOk.Type:
                if (!SubscribeOk.TryRead(buffer, version, out var ok, out consumed))
                    return false;
                response = new SubscribeResponse(ok, null);
                return true;
            case SubscribeDrop.Type:
                if (!SubscribeDrop.TryRead(buffer, version, out var drop, out consumed))
                    return false;
                response = new SubscribeResponse(null, drop);
                return true;
            default:
                throw new MoqProtocolException(MoqErrorCode.Decode, $"The peer sent a {Name} of unknown type {type} at byte 0.");
        }
    }
}
