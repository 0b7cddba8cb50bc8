using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Makes ngtcp2, which has no function for it, send packets that the peer acknowledges: it sends a PING when the keep-alive interval has
/// passed, so the interval is very short until the packets have been sent. Pacing and congestion control may delay them.
/// </summary>
/// <param name="native">The connection.</param>
/// <param name="keepAlive">The keep-alive interval of the connection in nanoseconds.</param>
internal sealed unsafe class PingRequest(NativeConnection native, ulong keepAlive)
{
    /// <summary>
    /// The number of packets that are sent. The first one may only contain a PATH_CHALLENGE, which does not make a peer follow to a new
    /// address; see RFC 9000, section 9.1.
    /// </summary>
    private const int Packets = 2;

    /// <summary>The time in nanoseconds after which another try is made.</summary>
    private const ulong Interval = 1_000_000;

    private int _left;
    private ulong _inFlight;

    /// <summary>Requests the packets. They are sent when the connection is written next.</summary>
    public void Begin() => _left = Packets;

    /// <summary>Must be called before the connection is written.</summary>
    public void BeforeWrite()
    {
        if (_left == 0)
            return;
        _inFlight = BytesInFlight();
        Ngtcp2.SetKeepAlive(native.Handle, 1);
    }

    /// <summary>Must be called after the connection was written without an error.</summary>
    public void AfterWrite()
    {
        if (_left == 0)
            return;
        // Only packets that the peer acknowledges count as in flight.
        if (BytesInFlight() > _inFlight)
            _left--;
        Ngtcp2.SetKeepAlive(native.Handle, _left > 0 ? Interval : keepAlive);
    }

    private ulong BytesInFlight()
    {
        NgConnectionInfo info;
        Ngtcp2.GetConnectionInfo(native.Handle, (int)Ngtcp2.Version1, &info);
        return info.BytesInFlight;
    }
}
