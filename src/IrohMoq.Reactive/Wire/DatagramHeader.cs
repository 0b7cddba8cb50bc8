namespace IrohMoq.Reactive.Wire;

// 03, 04:  absent
// 05, 06:  Subscribe ID (i), Group Sequence (i), Timestamp (i), Payload (rest); together at most 1200 bytes
// moq-lite draft, "DATAGRAM". The timestamp is absolute. There is no length: a datagram ends where it ends.

/// <summary>
/// Represents the header of a datagram, which carries a group that consists of one frame. A datagram that is malformed, or whose
/// subscription is unknown, is dropped without an error.
/// </summary>
/// <param name="SubscribeId">The id that the subscriber assigned to the subscription.</param>
/// <param name="Sequence">The number of the group in its track.</param>
/// <param name="Timestamp">The timestamp of the frame.</param>
internal readonly record struct DatagramHeader(ulong SubscribeId, ulong Sequence, ulong Timestamp)
{
    /// <summary>The maximum number of bytes that <see cref="Write"/> writes.</summary>
    public const int MaxSize = 3 * Varint.MaxLength;

    /// <summary>Reads the header of a datagram. The method allocates no memory.</summary>
    /// <param name="datagram">The whole datagram.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="header">The header.</param>
    /// <param name="length">The number of bytes of the header. The rest of the datagram is the payload.</param>
    /// <returns>False if the datagram is truncated or larger than allowed. It is to be dropped.</returns>
    public static bool TryRead(ReadOnlySpan<byte> datagram, MoqVersion version, out DatagramHeader header, out int length)
    {
        header = default;
        length = 0;
        if (version is not (MoqVersion.Lite05 or MoqVersion.Lite06))
            throw version.NotSpoken();
        if (datagram.Length > WireLimits.MaxDatagramSize
            || !Varint.TryRead(datagram, out var id, out var first)
            || !Varint.TryRead(datagram[first..], out var sequence, out var second)
            || !Varint.TryRead(datagram[(first + second)..], out var timestamp, out var third))
            return false;
        header = new DatagramHeader(id, sequence, timestamp);
        length = first + second + third;
        return true;
    }

    /// <summary>Writes the header. The method allocates no memory.</summary>
    /// <param name="destination">The buffer to write to, at least <see cref="MaxSize"/> bytes long.</param>
    /// <param name="payload">The number of payload bytes that follow.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <returns>The number of bytes that were written.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The datagram would be larger than <see cref="WireLimits.MaxDatagramSize"/>, or a number is larger than peers accept.
    /// </exception>
    public int Write(Span<byte> destination, int payload, MoqVersion version)
    {
        if (version is not (MoqVersion.Lite05 or MoqVersion.Lite06))
            throw version.NotSpoken();
        ArgumentOutOfRangeException.ThrowIfNegative(payload);
        var writer = new WireWriter(destination);
        writer.Varint(SubscribeId);
        writer.Number(Sequence, nameof(Sequence));
        writer.Varint(Timestamp);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload, WireLimits.MaxDatagramSize - writer.Written);
        return writer.Written;
    }
}
