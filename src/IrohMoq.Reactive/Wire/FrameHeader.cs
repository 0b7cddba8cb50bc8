namespace IrohMoq.Reactive.Wire;

// Size (i), Payload (b)
// moq-lite draft, "FRAME". Also the answer to FETCH. A size of 0 is a frame like any other.

/// <summary>
/// Reads and writes the header that precedes the payload of a frame. In moq-lite-03 it consists only of the size of the payload.
/// </summary>
internal static class FrameHeader
{
    /// <summary>The maximum number of bytes that <see cref="Write"/> writes.</summary>
    public const int MaxSize = Varint.MaxLength;

    public const string Name = "FRAME";

    /// <summary>Reads a header from the start of the buffer. The method allocates no memory.</summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="size">
    /// The number of payload bytes that follow, at most <see cref="WireLimits.MaxFrameSize"/>. Do not allocate memory for all of them at
    /// once, because the peer may never send them.
    /// </param>
    /// <param name="consumed">The number of bytes of the header, or 0 if bytes are missing.</param>
    /// <returns>False if bytes are missing.</returns>
    /// <exception cref="MoqProtocolException">The frame is too large (<see cref="MoqErrorCode.FrameTooLarge"/>).</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out ulong size, out int consumed)
    {
        switch (version)
        {
            case MoqVersion.Lite03:
                if (!Varint.TryRead(buffer, out size, out consumed))
                    return false;
                return size <= WireLimits.MaxFrameSize
                    ? true
                    : throw new MoqProtocolException(
                        MoqErrorCode.FrameTooLarge,
                        $"The peer sent a {Name} of {size} bytes; at most {WireLimits.MaxFrameSize} are taken.");
            default:
                throw version.NotSpoken();
        }
    }

    /// <summary>Writes a header. The method allocates no memory.</summary>
    /// <param name="destination">The buffer to write to, at least <see cref="MaxSize"/> bytes long.</param>
    /// <param name="size">The number of payload bytes that follow, at most <see cref="WireLimits.MaxFrameSize"/>.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <returns>The number of bytes that were written.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The frame is larger than peers accept.</exception>
    public static int Write(Span<byte> destination, ulong size, MoqVersion version)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, (ulong)WireLimits.MaxFrameSize);
        return version switch
        {
            MoqVersion.Lite03 => Varint.Write(destination, size),
            _ => throw version.NotSpoken(),
        };
    }
}
