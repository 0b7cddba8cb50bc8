namespace IrohMoq.Reactive.Wire;

// Size (i), Payload (b)
// moq-lite draft, "FRAME". Also the answer to FETCH. A size of 0 is a frame like any other.

/// <summary>What stands before the payload of a frame: in moq-lite-03 its size and nothing else.</summary>
internal static class FrameHeader
{
    /// <summary>The bytes that <see cref="Write"/> needs at most.</summary>
    public const int MaxSize = Varint.MaxLength;

    public const string Name = "FRAME";

    /// <summary>Takes the header from the start of the buffer. Allocates nothing.</summary>
    /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
    /// <param name="version">The session's version.</param>
    /// <param name="size">
    /// The bytes of payload that follow: at most <see cref="WireLimits.MaxFrameSize"/>, but do not allocate them on the peer's word.
    /// </param>
    /// <param name="consumed">How many bytes the header took; 0 if bytes are missing.</param>
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

    /// <summary>Writes the header. Allocates nothing.</summary>
    /// <param name="destination">At least <see cref="MaxSize"/> long.</param>
    /// <param name="size">The bytes of payload that follow, at most <see cref="WireLimits.MaxFrameSize"/>.</param>
    /// <param name="version">The session's version.</param>
    /// <returns>How many bytes were written.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The frame is larger than peers take.</exception>
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
