namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Finds a message's body in what a stream has delivered so far. This is the only level at which bytes may be missing without fault.
/// </summary>
internal static class MessageFraming
{
    /// <summary>
    /// Takes a length and that many bytes from the start of the buffer. <c>Length (i), Body (b)</c>. A length over
    /// <see cref="WireLimits.MaxMessageSize"/> is refused as soon as it is read, so a caller buffers at most that and the length itself.
    /// </summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="message">The message's name, for the error.</param>
    /// <param name="body">The body, a part of <paramref name="buffer"/>.</param>
    /// <param name="consumed">Length and body together; 0 if bytes are missing.</param>
    /// <returns>False if bytes are missing: read more, or, at the end of the stream, throw <see cref="Truncated"/>.</returns>
    /// <exception cref="MoqProtocolException">The length is over the limit.</exception>
    public static bool TryReadBody(ReadOnlySpan<byte> buffer, string message, out ReadOnlySpan<byte> body, out int consumed)
    {
        body = default;
        consumed = 0;
        if (!Varint.TryRead(buffer, out var length, out var prefix))
            return false;
        if (length > WireLimits.MaxMessageSize)
        {
            throw new MoqProtocolException(
                MoqErrorCode.Decode, $"The peer sent a {message} of {length} bytes; at most {WireLimits.MaxMessageSize} are taken.");
        }

        if ((ulong)(buffer.Length - prefix) < length)
            return false;
        body = buffer.Slice(prefix, (int)length);
        consumed = prefix + body.Length;
        return true;
    }

    /// <summary>Returns the failure of a stream that ended inside a message. One that ends between messages has ended cleanly.</summary>
    /// <param name="message">What was being read.</param>
    /// <param name="received">How many bytes of it had come.</param>
    public static MoqProtocolException Truncated(string message, int received) =>
        new(MoqErrorCode.Decode, $"The peer ended the stream inside a {message}, after {received} bytes of it.");
}
