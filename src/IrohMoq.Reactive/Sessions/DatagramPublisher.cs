using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Sends groups of one frame as datagrams. See moq-lite, "DATAGRAM".</summary>
internal static class DatagramPublisher
{
    /// <summary>Tries to send a group as a datagram.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="id">The id of the subscription.</param>
    /// <param name="group">The group.</param>
    /// <param name="isDropped">True if the connection has too many datagrams to send, so that the group is not sent.</param>
    /// <returns>False if the group must be sent on a stream.</returns>
    public static bool TrySend(MoqConnection connection, ulong id, GroupConsumer group, out bool isDropped)
    {
        isDropped = false;
        if (!group.IsDatagram || !connection.Version.HasDatagrams || connection.Transport is not IDatagramConnection datagrams
            || !group.TryPeek(out var frame))
            return false;
        try
        {
            var payload = frame.Payload.Span;
            if (payload.Length > WireLimits.MaxDatagramSize - DatagramHeader.MaxSize)
                return false;
            Span<byte> datagram = stackalloc byte[WireLimits.MaxDatagramSize];
            var header = new DatagramHeader(id, group.Sequence, (ulong)frame.Timestamp).Write(datagram, payload.Length, connection.Version);
            var length = header + payload.Length;
            if (length > datagrams.MaxDatagramSize)
                return false;
            payload.CopyTo(datagram[header..]);
            isDropped = !datagrams.TrySendDatagram(datagram[..length]);
            return true;
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException)
        {
            // The path has changed meanwhile.
            return false;
        }
        catch (TransportClosedException)
        {
            // The end of the connection ends the subscription.
            return true;
        }
        finally
        {
            frame.Payload.Block.Release();
        }
    }
}
