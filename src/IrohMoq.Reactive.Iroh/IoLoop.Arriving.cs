using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Quic;
using IrohMoq.Reactive.Iroh.Udp;

namespace IrohMoq.Reactive.Iroh;

/// <summary>What arrives at the socket: packets of connections, first packets of new ones, and whatever else the network brings.</summary>
#pragma warning disable CA1001 // The thread owns the socket and disposes it when it ends; nobody else may.
internal sealed unsafe partial class IoLoop
{
    private const int SmallPacket = 1200;

    private IReadOnlyList<string> _protocols = [];
    private int _handshakes;
    private bool _isRefusing;

    /// <summary>Which protocols are accepted from now on.</summary>
    public void Listen(IReadOnlyList<string> protocols) => Volatile.Write(ref _protocols, protocols);

    /// <summary>A peer's connection whose handshake is done.</summary>
    public void OnAccepted(QuicConnection connection)
    {
        _handshakes--;
        Tell(log => log.Accepted(connection.RemoteEndPoint, connection.Protocol));
        if (!_accepted.TryAdd(connection))
            connection.Close(0, "too many connections wait to be accepted");
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

        // Garbage gets no answer.
        if (result != 0 || ids.DcidLength > NgCid.MaxLength)
            return;
        var id = ConnectionId.From(new ReadOnlySpan<byte>(ids.Dcid, (int)ids.DcidLength));
        if (_table.Find(id) is { } connection)
        {
            connection.Receive(path, packet, length, now);
            Activate(connection);
        }
        else if (_table.IsRetired(id, out var closePacket))
        {
            if (closePacket is null)
                return;
            fixed (byte* bytes = closePacket)
                Answer(path, bytes, closePacket.Length);
        }
        else
        {
            Accept(path, packet, length, now);
        }
    }

    private void Accept(NgPath* path, byte* packet, int length, ulong now)
    {
        NgPacketHeader header;
        if (Ngtcp2.Accept(&header, packet, (nuint)length) != 0)
            return;
        var protocols = Volatile.Read(ref _protocols);
        if (protocols.Count == 0)
        {
            Refuse(path, &header);
            return;
        }

        var remote = UdpAddress.Read((byte*)path->Remote.Address);
        if (_table.Count >= Options.MaxConnections || _handshakes >= Options.MaxHandshakes || Budget.IsOver)
        {
            // Told once, until there is room again: strangers must not fill the log.
            if (!_isRefusing)
            {
                var (connections, handshakes, buffered) = (_table.Count, _handshakes, Budget.Used);
                Tell(log => log.Refusing(remote, connections, handshakes, buffered));
            }

            _isRefusing = true;
            Refuse(path, &header);
            return;
        }

        _isRefusing = false;
        try
        {
            var connection = QuicConnection.Accept(this, remote, &header, protocols, now);
            _handshakes++;
            connection.Receive(path, packet, length, now);
            Activate(connection);
        }
        catch (InvalidOperationException fault)
        {
            Tell(log => log.ConnectionFault(remote, fault));
        }
    }

    private void Refuse(NgPath* path, NgPacketHeader* header)
    {
        const ulong connectionRefused = 2;
        var length = CryptoGnuTls.WriteStatelessClose(Buffer, SmallPacket, header->Version, &header->Scid, &header->Dcid, connectionRefused, null, 0);
        Answer(path, Buffer, (int)length);
    }

    private void NegotiateVersion(NgPath* path, NgVersionCid* ids)
    {
        var version = Ngtcp2.Version1;
        byte random;
        if (Volatile.Read(ref _protocols).Count == 0 || GnuTls.Random(GnuTls.RandomNonce, &random, 1) != 0)
            return;
        var length = Ngtcp2.WriteVersionNegotiation(Buffer, SmallPacket, random, ids->Scid, ids->ScidLength, ids->Dcid, ids->DcidLength, &version, 1);
        Answer(path, Buffer, (int)length);
    }

    private void Answer(NgPath* path, byte* bytes, int length)
    {
        if (length > 0)
            _socket.Send((byte*)path->Remote.Address, path->Remote.Length, bytes, length, length);
    }
}
