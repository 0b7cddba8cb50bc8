namespace IrohMoq.Reactive;

/// <content>Writes groups that are sent as datagrams.</content>
public sealed partial class TrackProducer
{
    /// <summary>
    /// The maximum size, in bytes, of the payload that <see cref="WriteDatagram(ReadOnlySpan{byte})"/> takes: 1,176. A datagram has at most
    /// 1,200 bytes, of which up to 24 are its header.
    /// </summary>
    public const int MaxDatagramSize = 1_176;

    /// <summary>
    /// Writes a group of one frame that is sent as a datagram: at once, and not again if it is lost. Use it for data that is worthless when
    /// it is late. See moq-lite, "DATAGRAM".
    /// </summary>
    /// <param name="payload">The payload, of 0 to <see cref="MaxDatagramSize"/> bytes, which is copied.</param>
    /// <returns>The number of the group, which is the next one of the track.</returns>
    /// <remarks>
    /// <para>
    /// Readers receive the group like any other, and a group that they miss is counted. The group is kept like any other too, for readers
    /// that join later and for <see cref="TrackConsumer.FetchAsync"/>.
    /// </para>
    /// <para>
    /// The group is sent on a stream, and not lost, if the transport of a session has no datagrams, if the payload does not fit its path,
    /// and in moq-lite-03 and 04. If more datagrams are written than the connection can send, they are dropped and counted.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentException">The payload is larger than <see cref="MaxDatagramSize"/>.</exception>
    /// <exception cref="InvalidOperationException">The track is lossless.</exception>
    /// <exception cref="MoqStreamException">The track has ended; the code tells why.</exception>
    public ulong WriteDatagram(ReadOnlySpan<byte> payload) => WriteDatagram(payload, State.Now);

    /// <summary>
    /// Writes a group of one frame with a timestamp that is sent as a datagram, as <see cref="WriteDatagram(ReadOnlySpan{byte})"/> does.
    /// </summary>
    /// <param name="payload">The payload, of 0 to <see cref="MaxDatagramSize"/> bytes, which is copied.</param>
    /// <param name="timestamp">
    /// The media time of the frame, 0 or more, as in <see cref="GroupProducer.Write(ReadOnlySpan{byte}, TimeSpan)"/>.
    /// </param>
    /// <returns>The number of the group, which is the next one of the track.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timestamp is negative, or too large for the timescale.</exception>
    /// <exception cref="ArgumentException">The payload is larger than <see cref="MaxDatagramSize"/>.</exception>
    /// <exception cref="InvalidOperationException">The track is lossless.</exception>
    /// <exception cref="MoqStreamException">The track has ended; the code tells why.</exception>
    public ulong WriteDatagram(ReadOnlySpan<byte> payload, TimeSpan timestamp) => WriteDatagram(payload, State.ToMediaTime(timestamp));

    private ulong WriteDatagram(ReadOnlySpan<byte> payload, long timestamp)
    {
        if (payload.Length > MaxDatagramSize)
        {
            throw new ArgumentException(
                $"A datagram may have at most {MaxDatagramSize} bytes, not {payload.Length}. Write a group instead.", nameof(payload));
        }

        if (Options.Lossless)
            throw new InvalidOperationException($"Track '{Name}' is lossless, and a datagram can be lost. Write a group instead.");
        lock (State.Gate)
            return Add(State.CreateGroup(State.Sequences.Next), payload, timestamp);
    }

    /// <summary>Adds a group that was received as a datagram.</summary>
    /// <returns>
    /// False if the number has been used, or if the track takes no datagram: it has ended, or no group of it may be lost.
    /// </returns>
    internal bool TryAddDatagram(ulong sequence, ReadOnlySpan<byte> payload, long timestamp)
    {
        lock (State.Gate)
        {
            if (State.End is not null || State.IsWhole || sequence > MaxSequence || State.Sequences.IsSettled(sequence, sequence))
                return false;
            Add(State.CreateGroup(sequence), payload, timestamp);
            State.Received?.HasDatagrams = true;
            return true;
        }
    }

    /// <summary>
    /// Writes the only frame of a group. No reader sees the group before, because the caller holds the lock of the track.
    /// </summary>
    private static ulong Add(GroupProducer group, ReadOnlySpan<byte> payload, long timestamp)
    {
        group.IsDatagram = true;
        group.WriteNow(payload, timestamp);
        // A datagram that is too old by its timestamp has been dropped.
        if (group.IsOpen)
            group.Finish();
        return group.Sequence;
    }
}
