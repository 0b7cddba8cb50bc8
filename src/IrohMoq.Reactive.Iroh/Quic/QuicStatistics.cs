using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Contains the statistics of a connection. The I/O thread updates them each time it flushes the connection, and any thread may read the
/// latest values.
/// </summary>
internal sealed unsafe partial class QuicConnection : IConnectionStatistics
{
    private readonly Lock _statisticsGate = new();
    private ConnectionStatistics _statistics;
    private long _bytesSent;
    private long _bytesReceived;
    private long _packetsSent;
    private long _packetsReceived;

    public ConnectionStatistics GetStatistics()
    {
        lock (_statisticsGate)
            return _statistics;
    }

    private static TimeSpan Span(ulong nanoseconds) => TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick));

    private void CountSent(int length)
    {
        _packetsSent++;
        _bytesSent += length;
    }

    private void CountReceived(int length)
    {
        _packetsReceived++;
        _bytesReceived += length;
    }

    /// <summary>Updates the statistics. Packet loss is not included, because ngtcp2 1.11 does not report it.</summary>
    private void Measure()
    {
        NgConnectionInfo info;
        Ngtcp2.GetConnectionInfo(Native, (int)Ngtcp2.Version1, &info);
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
            EstimatedSendRate = hasSample && info.SmoothedRtt > 0 ? (long)(info.CongestionWindow * 1e9 / info.SmoothedRtt) : null,
        };
        lock (_statisticsGate)
            _statistics = statistics;
    }
}
