using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Iroh.Udp;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Contains the processing of received datagrams: packets of known connections, first packets of new connections, and invalid data.
/// </summary>
internal sealed unsafe partial class IoLoop
{
    private IReadOnlyList<string> _protocols = [];
    private int _handshakes;
    private bool _isRefusing;

    /// <summary>
    /// Sets the application protocols with which incoming connections are accepted from now on; an empty list refuses all connections.
    /// </summary>
    public void Listen(IReadOnlyList<string> protocols) => Volatile.Write(ref _protocols, protocols);

    /// <summary>
    /// Queues an incoming connection, whose handshake has completed, for the application to accept. Closes it if the queue is full.
    /// </summary>
    public void OnAccepted(QuicConnection connection)
    {
        _handshakes--;
        Log(log => log.Accepted(connection.RemoteEndPoint, connection.Protocol));
        if (_accepted.TryAdd(connection))
            return;
        connection.Close(MoqErrorCode.Transport.Value, "too many connections wait to be accepted");
        // No caller has a reference to the connection, so it is disposed here, together with the data that the peer has sent meanwhile.
        Options.Runtime.Post(() => _ = connection.DisposeAsync().AsTask());
    }

    private void Receive(in ReceivedBatch batch, ulong now)
    {
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        path.Path.Local.Length = UdpAddress.Write(LocalEndPoint, path.LocalBuffer);
        path.Path.Remote.Length = batch.FromLength;
        System.Buffer.MemoryCopy(batch.From, path.RemoteBuffer, UdpAddress.MaxSize, batch.FromLength);
        for (var offset = 0; offset < batch.Length; offset += batch.Segment)
            Receive(&path.Path, batch.Bytes + offset, Math.Min(batch.Segment, batch.Length - offset), now);
    }

    private void Receive(NgPath* path, byte* packet, int length, ulong now)
    {
        NgVersionCid ids;
        var result = Ngtcp2.DecodeVersionCid(&ids, packet, (nuint)length, ConnectionId.OwnLength);
        if (result == Ngtcp2.VersionNegotiation)
        {
            NegotiateVersion(path, &ids);
            return;
        }

        // Invalid data is not answered.
        if (result != 0 || ids.DcidLength > NgCid.MaxLength)
            return;
        var id = ConnectionId.From(new ReadOnlySpan<byte>(ids.Dcid, (int)ids.DcidLength));
        if (_table.Find(id) is { } connection)
        {
            Deliver(connection, path, packet, length, now);
        }
        else if (_table.IsRetired(id, out var closePacket))
        {
            if (closePacket is null)
                return;
            fixed (byte* bytes = closePacket)
                Answer(path, bytes, closePacket.Length);
        }
        else if (ids.Version == 0)
        {
            // A stateless reset looks like a packet of an unknown connection. The connection that it resets is found by the token at the
            // end of the packet.
            if (length >= MinResetSize
                && _table.Find(ResetToken.From(new ReadOnlySpan<byte>(packet + length - ResetToken.Size, ResetToken.Size))) is { } lost)
                Deliver(lost, path, packet, length, now);
            else
                Reset(path, id, length, now);
        }
        else
        {
            Accept(path, packet, length, now);
        }
    }

    private void Deliver(QuicConnection connection, NgPath* path, byte* packet, int length, ulong now)
    {
        connection.Receive(path, packet, length, now);
        Activate(connection);
    }

    private void Accept(NgPath* path, byte* packet, int length, ulong now)
    {
        NgPacketHeader header;
        if (Ngtcp2.Accept(&header, packet, (nuint)length) != 0)
            return;
        var protocols = Volatile.Read(ref _protocols);
        if (protocols.Count == 0)
        {
            Refuse(path, &header, ConnectErrors.NotServing);
            return;
        }

        var remote = UdpAddress.Read((byte*)path->Remote.Address);
        if (_table.Count >= Options.MaxConnections || _handshakes >= Options.MaxHandshakes || Budget.IsOver || _accepted.IsFull)
        {
            // Logged only once until a connection is accepted again, so that unknown peers cannot fill the log.
            if (!_isRefusing)
            {
                var (connections, handshakes, buffered) = (_table.Count, _handshakes, Budget.Used);
                Log(log => log.Refusing(remote, connections, handshakes, buffered));
            }

            _isRefusing = true;
            Refuse(path, &header, ConnectErrors.Busy);
            return;
        }

        _isRefusing = false;
        try
        {
            var connection = QuicConnection.Accept(this, remote, &header, protocols, now);
            _handshakes++;
            Deliver(connection, path, packet, length, now);
        }
        catch (InvalidOperationException fault)
        {
            Log(log => log.ConnectionFault(remote, fault));
        }
    }
}
