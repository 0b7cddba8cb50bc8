namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Finds the body of a message in the bytes that a stream has delivered so far. Only at this level may bytes be missing without an error.
/// </summary>
internal static class MessageFraming
{
    /// <summary>
    /// Reads a length and that many bytes from the start of the buffer: <c>Length (i), Body (b)</c>. A length above
    /// <see cref="WireLimits.MaxMessageSize"/> is refused as soon as it is read, so a caller buffers at most that number of bytes and the
    /// length itself.
    /// </summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="message">The name of the message, for the error message.</param>
    /// <param name="closesSession">True if every violation in the message closes the session.</param>
    /// <param name="body">The body, which is a part of <paramref name="buffer"/>.</param>
    /// <param name="consumed">The number of bytes of the length and the body together, or 0 if bytes are missing.</param>
    /// <returns>False if bytes are missing: read more, or, at the end of the stream, throw <see cref="Truncated"/>.</returns>
    /// <exception cref="MoqProtocolException">The length exceeds the limit.</exception>
    public static bool TryReadBody(
        ReadOnlySpan<byte> buffer, string message, bool closesSession, out ReadOnlySpan<byte> body, out int consumed)
    {
        body = default;
        consumed = 0;
        if (!Varint.TryRead(buffer, out var length, out var prefix))
            return false;
        if (length > WireLimits.MaxMessageSize)
        {
            throw new MoqProtocolException(
                MoqErrorCode.Decode, $"The peer sent a {message} of {length} bytes; at most {WireLimits.MaxMessageSize} are taken.")
            {
                ClosesSession = closesSession,
            };
        }

        if ((ulong)(buffer.Length - prefix) < length)
            return false;
        body = buffer.Slice(prefix, (int)length);
        consumed = prefix + body.Length;
        return true;
    }

    /// <summary>
    /// Returns the exception for a stream that ended inside a message. A stream that ends between messages has ended normally.
    /// </summary>
    /// <param name="message">The name of the message that was being read.</param>
    /// <param name="received">The number of bytes of the message that had arrived.</param>
    /// <param name="closesSession">True if every violation in the message closes the session.</param>
    public static MoqProtocolException Truncated(string message, int received, bool closesSession = false) =>
        new(MoqErrorCode.Decode, $"The peer ended the stream inside a {message}, after {received} bytes of it.")
        {
            ClosesSession = closesSession,
        };
}
