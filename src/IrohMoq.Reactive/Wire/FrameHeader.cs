namespace IrohMoq.Reactive.Wire;

// 03, 04:  Size (i), Payload (b)
// 05, 06:  Timestamp Delta (i, zigzag), Size (i), Payload (b)
// moq-lite draft, "FRAME". Also the answer to FETCH. A size of 0 is a frame like any other.

/// <summary>
/// Reads and writes the header that precedes the payload of a frame: the size of the payload and, from moq-lite-05 on, its timestamp.
/// </summary>
internal static class FrameHeader
{
    /// <summary>The maximum number of bytes that <see cref="Write"/> writes.</summary>
    public const int MaxSize = 2 * Varint.MaxLength;

    public const string Name = "FRAME";

    /// <summary>Reads a header from the start of the buffer. The method allocates no memory.</summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="delta">
    /// The difference between the timestamps of this frame and the one before, for <see cref="TimestampDelta.Apply"/>. It is 0 in
    /// moq-lite-03 and 04, which have no timestamps.
    /// </param>
    /// <param name="size">
    /// The number of payload bytes that follow, at most <see cref="WireLimits.MaxFrameSize"/>. Do not allocate memory for all of them at
    /// once, because the peer may never send them.
    /// </param>
    /// <param name="consumed">The number of bytes of the header, or 0 if bytes are missing.</param>
    /// <returns>False if bytes are missing.</returns>
    /// <exception cref="MoqProtocolException">The frame is too large (<see cref="MoqErrorCode.FrameTooLarge"/>).</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out long delta, out ulong size, out int consumed)
    {
        delta = 0;
        size = 0;
        consumed = 0;
        var prefix = 0;
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite04:
                break;
            case MoqVersion.Lite05 or MoqVersion.Lite06:
                if (!Varint.TryRead(buffer, out var encoded, out prefix))
                    return false;
                delta = TimestampDelta.Decode(encoded);
                break;
            default:
                throw version.NotSpoken();
        }

        if (!Varint.TryRead(buffer[prefix..], out size, out var length))
            return false;
        if (size > WireLimits.MaxFrameSize)
        {
            throw new MoqProtocolException(
                MoqErrorCode.FrameTooLarge, $"The peer sent a {Name} of {size} bytes; at most {WireLimits.MaxFrameSize} are taken.");
        }

        consumed = prefix + length;
        return true;
    }

    /// <summary>Writes a header. The method allocates no memory.</summary>
    /// <param name="destination">The buffer to write to, at least <see cref="MaxSize"/> bytes long.</param>
    /// <param name="size">The number of payload bytes that follow, at most <see cref="WireLimits.MaxFrameSize"/>.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="delta">
    /// The difference between the timestamps of this frame and the one before. Versions without timestamps leave it out.
    /// </param>
    /// <returns>The number of bytes that were written.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The frame is larger than peers accept, or the difference is too large.</exception>
    public static int Write(Span<byte> destination, ulong size, MoqVersion version, long delta = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, (ulong)WireLimits.MaxFrameSize);
        switch (version)
        {
            case MoqVersion.Lite03 or MoqVersion.Lite04:
                return Varint.Write(destination, size);
            case MoqVersion.Lite05 or MoqVersion.Lite06:
                var prefix = Varint.Write(destination, TimestampDelta.Encode(delta));
                return prefix + Varint.Write(destination[prefix..], size);
            default:
                throw version.NotSpoken();
        }
    }
}
