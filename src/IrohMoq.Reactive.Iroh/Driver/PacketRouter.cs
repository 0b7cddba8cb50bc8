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
    /// <summary>Passes a datagram to its connection.</summary>
    /// <param name="path">The path on which the datagram has arrived.</param>
    /// <param name="datagram">The datagram.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <param name="isDeferred">True if the <see cref="Listener"/> had deferred the datagram.</param>
    /// <returns>The connection, or null if the datagram belongs to none.</returns>
    public DrivenConnection? Route(in NetworkPath path, ReadOnlySpan<byte> datagram, ulong now, bool isDeferred = false)
    {
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
            var connection = connections.Find(id);
            if (connection is null)
            {
                if (connections.IsRetired(id, datagram.Length, out var closePacket))
                {
                    if (closePacket is not null)
                        sink.Send(path, closePacket, closePacket.Length);
                    return null;
                }

                if (ids.Version != 0)
                    return listener.Accept(path, datagram, isDeferred, now);
                connection = FindReset(path, datagram, id, now);
            }

            connection?.Core.Receive(path, datagram, now);
            return connection;
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
