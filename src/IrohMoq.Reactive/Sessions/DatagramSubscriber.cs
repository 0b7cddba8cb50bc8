using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Receives the datagrams of a connection, each of which is a group of one frame, and adds them to the tracks of their subscriptions. A
/// datagram is dropped, and counted, if it is malformed, if its subscription is unknown or has not been told the properties of the track,
/// or if its group has arrived before or is not expected any more. See moq-lite, "DATAGRAM".
/// </summary>
internal static class DatagramSubscriber
{
    /// <summary>Receives datagrams until the connection has ended. Has no effect if the version or the transport has none.</summary>
    public static async Task RunAsync(MoqConnection connection)
    {
        if (!connection.Version.HasDatagrams || connection.Transport is not IDatagramConnection datagrams)
            return;
        try
        {
            while (true)
            {
                var datagram = await datagrams.ReceiveDatagramAsync().ConfigureAwait(false);
                if (!TryTake(connection, datagram.Span))
                    MoqTelemetry.DatagramsDropped.AddLocal(1);
            }
        }
        catch (TransportClosedException)
        {
            // The end of the connection tells the reason.
        }
    }

    private static bool TryTake(MoqConnection connection, ReadOnlySpan<byte> datagram) =>
        DatagramHeader.TryRead(datagram, connection.Version, out var header, out var length)
        && connection.Subscriptions.Find(header.SubscribeId) is { } subscription
        && subscription.TryAddDatagram(header.Sequence, datagram[length..], (long)header.Timestamp);
}
