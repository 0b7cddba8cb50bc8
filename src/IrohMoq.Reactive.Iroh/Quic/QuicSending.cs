using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Contains the sending part of a connection: fills packets with data of the streams in scheduled order, and sends several packets of one
/// size in one system call.
/// </summary>
internal sealed unsafe partial class QuicConnection
{
    private const int MaxVectors = 48;

    private readonly SendSchedule _schedule = new();

    /// <summary>Wakes readers, delivers stream end notices, and sends the packets that may be sent now.</summary>
    internal void Flush(ulong now)
    {
        WakeReaders();
        Notices.Send();
        if (Native is null)
            return;
        try
        {
            FillPackets(now);
            if (Native is not null)
                Measure();
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }
    }

    private void FillPackets(ulong now)
    {
        var batch = new PacketBatch(_loop, (int)Ngtcp2.GetSendQuantum(Native));
        var vectors = stackalloc NgVec[MaxVectors];
        NgPathStorage path;
        NgPathStorage.Initialize(&path);
        var failure = 0;
        while (!batch.IsDone)
        {
            var length = WriteNext(vectors, &path, batch.Room, now);
            if (length < 0)
            {
                failure = (int)length;
                break;
            }

            if (length == 0)
                break;
            batch.Add((int)length, &path);
            CountSent((int)length);
        }

        batch.Send();
        if (failure != 0)
        {
            Fail(failure, now);
            return;
        }

        Ngtcp2.UpdatePacketTxTime(Native, now);
    }

    /// <summary>
    /// Writes one packet: with data of the scheduled streams, in their order, as long as there is room; without such data, with frames that
    /// ngtcp2 sends on its own. Returns the length, 0 if there is nothing to send, or a negative error code.
    /// </summary>
    private nint WriteNext(NgVec* vectors, NgPathStorage* path, byte* destination, ulong now)
    {
        NgPacketInfo info;
        // Room for the largest packet is always provided, because ngtcp2 may write a path MTU probe that is larger than the current packet
        // size.
        var room = Ngtcp2.GetMaxPayload(Native);
        while (_schedule.First is QuicSendStream stream)
        {
            var count = stream.Peek(vectors, MaxVectors, out var flags);
            if (count < 0)
            {
                _schedule.Remove(stream);
                continue;
            }

            nint taken = -1;
            var length = Ngtcp2.WriteStream(
                Native, &path->Path, (int)Ngtcp2.Version1, &info, destination, room, &taken, flags | Ngtcp2.WriteMore, stream.Id, vectors,
                (nuint)count, now);
            switch (length)
            {
                case Ngtcp2.StreamDataBlocked when Ngtcp2.GetMaxDataLeft(Native) == 0:
                    // The whole connection is blocked until the peer gives more flow control credit.
                    return WriteWithoutStream(path, destination, room, now);
                case Ngtcp2.StreamDataBlocked or Ngtcp2.StreamShutWrite or Ngtcp2.StreamNotFound:
                    _schedule.Remove(stream);
                    continue;
                case Ngtcp2.HasMoreRoom:
                    OnTaken(stream, taken, flags, vectors, count);
                    continue;
                case < 0:
                    return length;
            }

            if (taken >= 0)
                OnTaken(stream, taken, flags, vectors, count);
            return length;
        }

        return WriteWithoutStream(path, destination, room, now);
    }

    private nint WriteWithoutStream(NgPathStorage* path, byte* destination, nuint room, ulong now)
    {
        NgPacketInfo info;
        return Ngtcp2.WriteStream(Native, &path->Path, (int)Ngtcp2.Version1, &info, destination, room, null, 0, -1, null, 0, now);
    }

    private void OnTaken(QuicSendStream stream, nint taken, uint flags, NgVec* vectors, int count)
    {
        nint offered = 0;
        for (var i = 0; i < count; i++)
            offered += (nint)vectors[i].Length;
        var hasMore = stream.OnSent(taken, fin: flags != 0 && taken == offered);
        _schedule.Charge(stream, taken);
        if (!hasMore)
            _schedule.Remove(stream);
        // The first byte has been sent, so a pending reset may be sent now.
        if (stream.IsResetWanted && stream.TakeReset() is { } code)
            _ = Ngtcp2.ShutdownStreamWrite(Native, 0, stream.Id, code);
    }
}
