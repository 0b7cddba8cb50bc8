using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Passes the datagrams that arrive on one connection to ngtcp2, which calls <see cref="CoreCallbacks"/> for their content, and performs
/// what ngtcp2 allows only after a packet.
/// </summary>
/// <param name="native">The native connection.</param>
/// <param name="streams">The streams of the connection.</param>
/// <param name="statistics">The statistics of the connection.</param>
/// <param name="mtu">The limit of the size of packets.</param>
/// <param name="dial">The path of a dial, or null on a server.</param>
internal sealed unsafe class PacketReader(
    NativeConnection native, StreamTable streams, CoreStatistics statistics, PathMtu mtu, DialPath? dial)
{
    private ulong _now;

    /// <summary>Reads datagrams until one ends the connection.</summary>
    /// <param name="path">The path of the datagrams.</param>
    /// <param name="datagrams">The datagrams, one after the other.</param>
    /// <param name="segment">The size of each datagram; the last may be shorter.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    /// <param name="last">The datagram that was read last.</param>
    /// <returns>0, or the error code of ngtcp2 for the last datagram, which ends the connection.</returns>
    public int Read(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment, ulong now, out ReadOnlySpan<byte> last)
    {
        _now = now;
        NgPathStorage storage;
        NativePath.Write(dial?.OnArrived(path) ?? path, &storage);
        var stops = PacketDecryption.Stops;
        stops.Clear();
        last = default;
        var result = 0;
        fixed (byte* first = datagrams)
        {
            for (var offset = 0; offset < datagrams.Length && result == 0; offset += segment)
            {
                last = datagrams.Slice(offset, Math.Min(segment, datagrams.Length - offset));
                result = Read(&storage.Path, first + offset, last.Length, stops, now);
            }
        }

        return result;
    }

    /// <summary>Called by ngtcp2 when a packet that is read acknowledges bytes of a stream.</summary>
    public void OnAcknowledged(long stream, ulong offset, ulong length)
    {
        mtu.OnAcknowledged(stream, (long)(offset + length), mtu.IsLimited ? native.SlowStartThreshold : 0, _now);
        streams.OnAcknowledged(stream, length);
    }

    private int Read(NgPath* path, byte* datagram, int length, List<(long Stream, ulong Code)> stops, ulong now)
    {
        statistics.CountReceived(length);
        NgPacketInfo info = default;
        var peerId = dial is { IsOpen: true } ? PeerId() : default;
        var result = Ngtcp2.ReadPacket(native.Handle, path, (int)Ngtcp2.Version1, &info, datagram, (nuint)length, now);
        if (dial is { IsOpen: true } && (result != 0 || PeerId() != peerId))
            dial.Choose();
        if (result != 0)
            return result;
        if (dial is { IsOpen: true } && Ngtcp2.IsAfterRetry(native.Handle) != 0)
            dial.OnRetry();
        if (stops.Count > 0)
        {
            foreach (var (stream, code) in stops)
                streams.OnStopped(stream, code);
            stops.Clear();
        }

        return streams.CloseResetUnseen() ? 0 : Ngtcp2.CallbackFailure;
    }

    private ConnectionId PeerId() => ConnectionId.From(Ngtcp2.GetDcid(native.Handle));
}
