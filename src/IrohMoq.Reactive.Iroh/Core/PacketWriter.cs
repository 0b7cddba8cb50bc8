using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Fills the packets of one connection with the data of its streams, in the order of the schedule, and sends as many packets of one size as
/// possible in one batch.
/// </summary>
internal sealed unsafe class PacketWriter(
    NativeConnection native, StreamTable streams, CoreStatistics statistics, PathMtu mtu, OutgoingDatagrams datagrams,
    IDatagramSink sink)
{
    private SendStreamState? _lastWritten;

    /// <summary>Sends what congestion control and pacing allow now.</summary>
    /// <returns>0, or the error code of ngtcp2 that ends the connection.</returns>
    public int Write(ulong now)
    {
        var batch = new PacketBatch(sink, (int)Ngtcp2.GetSendQuantum(native.Handle));
        var vectors = stackalloc NgVec[SendTurn.MaxVectors];
        var turn = new SendTurn(streams, vectors);
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        var failure = 0;
        while (!batch.IsDone)
        {
            _lastWritten = null;
            var length = (int)WriteNext(ref turn, &path, batch.Room, now);
            if (length <= 0)
            {
                failure = length;
                break;
            }

            if (_lastWritten is { } stream)
                mtu.OnSent(stream.Id, stream.Offset, length, mtu.IsLimited ? native.SlowStartThreshold : 0, now);
            batch.Add(length, &path);
            statistics.CountSent(length);
        }

        turn.End();
        batch.Send();
        // A packet of ngtcp2 that probes a larger size may be refused; other packets may not.
        if (batch.Refused > 0 && (mtu.IsLimited || batch.Refused <= (int)Ngtcp2.GetPathMaxPayload(native.Handle)))
            mtu.OnTooLarge(now);
        if (failure == 0)
            Ngtcp2.UpdatePacketTxTime(native.Handle, now);
        return failure;
    }

    /// <summary>Writes a packet with CONNECTION_CLOSE and sends it.</summary>
    /// <returns>The packet, or null if none can be sent.</returns>
    public byte[]? WriteClose(NgCloseError* error, ulong now)
    {
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        NgPacketInfo info;
        var length = (int)Ngtcp2.WriteConnectionClose(
            native.Handle, &path.Path, (int)Ngtcp2.Version1, &info, sink.Buffer, Ngtcp2.GetMaxPayload(native.Handle), error, now);
        if (length <= 0)
            return null;
        statistics.CountSent(length);
        var packet = new ReadOnlySpan<byte>(sink.Buffer, length);
        sink.Send(NativePath.Read(path), packet, length);
        return packet.ToArray();
    }

    /// <summary>
    /// Writes one packet: with data of the stream that is first in the schedule, and of the following streams while there is room, or with
    /// the frames that ngtcp2 has to send.
    /// </summary>
    private nint WriteNext(ref SendTurn turn, NgPathStorage* path, byte* destination, ulong now)
    {
        NgPacketInfo info;
        // A packet that is larger than the path takes today may be a probe: room for the largest packet is always offered.
        var room = (nuint)mtu.RoomFor((int)Ngtcp2.GetMaxPayload(native.Handle), now);
        if (datagrams.Write(native, path, destination, room, now) is { } complete)
            return complete;
        while (streams.Schedule.First is SendStreamState stream)
        {
            if (turn.Stream != stream && !turn.TryBegin(stream))
            {
                streams.Schedule.Remove(stream);
                continue;
            }

            var vectors = turn.Offer(room, out var count, out var flags, out var offered);
            nint taken = -1;
            var length = Ngtcp2.WriteStream(
                native.Handle, &path->Path, (int)Ngtcp2.Version1, &info, destination, room, &taken, flags | Ngtcp2.WriteMore, stream.Id,
                vectors, (nuint)count, now);
            if (taken >= 0)
            {
                streams.Schedule.Charge(stream, taken);
                turn.OnSent(taken, isFin: flags != 0 && taken == offered);
                _lastWritten = stream;
            }

            switch (length)
            {
                case Ngtcp2.StreamDataBlocked when Ngtcp2.GetMaxDataLeft(native.Handle) == 0:
                    // The whole connection is blocked until the readers of the peer continue.
                    return WriteWithoutStream(path, destination, room, now);
                case Ngtcp2.StreamDataBlocked or Ngtcp2.StreamShutWrite or Ngtcp2.StreamNotFound:
                    turn.End();
                    streams.Schedule.Remove(stream);
                    continue;
                case Ngtcp2.HasMoreRoom:
                    continue;
                default:
                    return length;
            }
        }

        return WriteWithoutStream(path, destination, room, now);
    }

    private nint WriteWithoutStream(NgPathStorage* path, byte* destination, nuint room, ulong now)
    {
        NgPacketInfo info;
        return Ngtcp2.WriteStream(native.Handle, &path->Path, (int)Ngtcp2.Version1, &info, destination, room, null, 0, -1, null, 0, now);
    }
}
