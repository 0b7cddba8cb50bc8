using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the statistics of a connection. The core updates them each time it is flushed, and any thread may read the latest values.
/// </summary>
internal sealed class CoreStatistics
{
    private readonly Lock _gate = new();
    private ConnectionStatistics _latest;
    private long _bytesSent;
    private long _bytesReceived;
    private long _packetsSent;
    private long _packetsReceived;

    /// <summary>Gets the values at the last flush.</summary>
    public ConnectionStatistics Latest
    {
        get
        {
            lock (_gate)
                return _latest;
        }
    }

    /// <summary>Counts a packet that was sent.</summary>
    public void CountSent(int length)
    {
        _packetsSent++;
        _bytesSent += length;
    }

    /// <summary>Counts a packet that was received.</summary>
    public void CountReceived(int length)
    {
        _packetsReceived++;
        _bytesReceived += length;
    }

    /// <summary>Updates the statistics with the current values. ngtcp2 1.11 does not report losses.</summary>
    /// <param name="native">The native connection.</param>
    /// <param name="mtu">The limit of the size of packets.</param>
    /// <returns>The number of bytes that are neither acknowledged nor lost.</returns>
    public unsafe ulong Measure(NativeConnection native, PathMtu mtu)
    {
        NgConnectionInfo info;
        Ngtcp2.GetConnectionInfo(native.Handle, (int)Ngtcp2.Version1, &info);
        var hasSample = info.MinRtt != NgConnectionInfo.NoSample;
        var statistics = new ConnectionStatistics
        {
            SmoothedRtt = hasSample ? Span(info.SmoothedRtt) : null,
            MinRtt = hasSample ? Span(info.MinRtt) : null,
            LatestRtt = hasSample ? Span(info.LatestRtt) : null,
            CongestionWindow = (long)info.CongestionWindow,
            BytesInFlight = (long)info.BytesInFlight,
            BytesSent = _bytesSent,
            BytesReceived = _bytesReceived,
            PacketsSent = _packetsSent,
            PacketsReceived = _packetsReceived,
            MaxPacketSize = mtu.Limited((int)Ngtcp2.GetPathMaxPayload(native.Handle)),
            EstimatedSendRate = hasSample && info.SmoothedRtt > 0 ? (long)(info.CongestionWindow * 1e9 / info.SmoothedRtt) : null,
        };
        lock (_gate)
            _latest = statistics;
        return info.BytesInFlight;
    }

    private static TimeSpan Span(ulong nanoseconds) => TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick));
}
