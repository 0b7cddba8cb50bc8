using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Finds out for each datagram that arrives to which connection it belongs. A datagram of an ended or unknown connection is answered
/// without a connection, and the first packet of a new connection goes to the <see cref="Listener"/>.
/// </summary>
internal sealed unsafe class PacketRouter(
    ConnectionTable connections, Listener listener, StatelessAnswers answers, IDatagramSink sink)
{
    private const byte LongHeader = 0x80;

    /// <summary>Passes the first of the datagrams to its connection, and the following ones that have the same connection id.</summary>
    /// <param name="path">The path on which the datagrams have arrived.</param>
    /// <param name="datagrams">The datagrams, one after the other.</param>
    /// <param name="segment">The size of each datagram; the last may be shorter.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <param name="length">The number of bytes of the datagrams that were processed.</param>
    /// <returns>The connection, or null if the datagrams belong to none.</returns>
    public DrivenConnection? Route(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment, ulong now, out int length)
    {
        length = Math.Min(segment, datagrams.Length);
        var connection = Find(path, datagrams[..length], now, isDeferred: false, out var isNew);
        if (connection is null || isNew)
            return connection;
        length = RunLength(datagrams, segment);
        connection.Core.Receive(path, datagrams[..length], segment, now);
        return connection;
    }

    /// <summary>Passes a datagram to its connection that the <see cref="Listener"/> had deferred.</summary>
    /// <returns>The connection, or null if the datagram belongs to none.</returns>
    public DrivenConnection? RouteDeferred(in NetworkPath path, ReadOnlySpan<byte> datagram, ulong now)
    {
        var connection = Find(path, datagram, now, isDeferred: true, out var isNew);
        if (!isNew)
            connection?.Core.Receive(path, datagram, datagram.Length, now);
        return connection;
    }

    /// <summary>
    /// Returns the number of bytes of the first datagram and of those that follow it directly with the same connection id. Only datagrams
    /// with short headers follow each other so.
    /// </summary>
    internal static int RunLength(ReadOnlySpan<byte> datagrams, int segment)
    {
        var length = Math.Min(segment, datagrams.Length);
        while (length < datagrams.Length && IsToSameConnection(datagrams, datagrams[length..]))
            length = Math.Min(length + segment, datagrams.Length);
        return length;
    }

    /// <summary>
    /// Returns a value that indicates whether two datagrams have short headers with the same destination connection id, which has the
    /// length of the ids of this endpoint. See RFC 9000, section 17.3.
    /// </summary>
    private static bool IsToSameConnection(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> next)
    {
        const int Length = 1 + ConnectionId.OwnLength;
        return datagram.Length >= Length && next.Length >= Length && ((datagram[0] | next[0]) & LongHeader) == 0
            && datagram[1..Length].SequenceEqual(next[1..Length]);
    }

    /// <summary>Finds the connection of a datagram. A new connection has received the datagram already.</summary>
    private DrivenConnection? Find(
        in NetworkPath path, ReadOnlySpan<byte> datagram, ulong now, bool isDeferred, out bool isNew)
    {
        isNew = false;
        fixed (byte* packet = datagram)
        {
            NgVersionCid ids;
            var result = Ngtcp2.DecodeVersionCid(&ids, packet, (nuint)datagram.Length, ConnectionId.OwnLength);
            if (result == Ngtcp2.VersionNegotiation)
            {
                if (listener.IsListening)
                    answers.NegotiateVersion(path, &ids, now);
                return null;
            }

            // Garbage gets no answer.
            if (result != 0 || ids.DcidLength > NgCid.MaxLength)
                return null;
            var id = ConnectionId.From(new ReadOnlySpan<byte>(ids.Dcid, (int)ids.DcidLength));
            if (connections.Find(id) is { } connection)
                return connection;
            if (connections.IsRetired(id, datagram.Length, out var closePacket))
            {
                if (closePacket is not null)
                    sink.Send(path, closePacket, closePacket.Length);
                return null;
            }

            isNew = ids.Version != 0;
            return isNew ? listener.Accept(path, datagram, isDeferred, now) : FindReset(path, datagram, id, now);
        }
    }

    /// <summary>
    /// Finds the connection that a stateless reset ends: it looks like a packet of an unknown connection, and its last bytes are a token of
    /// the peer. Any other packet of an unknown connection is answered with a stateless reset.
    /// </summary>
    private DrivenConnection? FindReset(in NetworkPath path, ReadOnlySpan<byte> datagram, ConnectionId id, ulong now)
    {
        if (StatelessAnswers.TryReadReset(datagram, out var token) && connections.Find(token) is { } lost)
            return lost;
        answers.Reset(path, id, datagram.Length, now);
        return null;
    }
}
