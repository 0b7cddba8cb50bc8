using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Gives the peer of one connection credit: for the bytes of one stream, for the bytes of all streams together, and for further streams
/// (RFC 9000, section 4). Has no effect after the connection has ended.
/// </summary>
internal sealed unsafe class FlowControl(NativeConnection native)
{
    /// <summary>Gives the peer credit for bytes of all streams together.</summary>
    public void ExtendData(long bytes)
    {
        if (bytes > 0 && native.Handle is not null)
            Ngtcp2.ExtendMaxOffset(native.Handle, (ulong)bytes);
    }

    /// <summary>Gives the peer credit for bytes of one stream.</summary>
    public void ExtendStreamData(long stream, long bytes)
    {
        if (bytes > 0 && native.Handle is not null)
            _ = Ngtcp2.ExtendMaxStreamOffset(native.Handle, stream, (ulong)bytes);
    }

    /// <summary>Allows the peer to open further streams.</summary>
    public void ExtendStreams(int uni, int bidi)
    {
        if (native.Handle is null)
            return;
        if (uni > 0)
            Ngtcp2.ExtendMaxStreamsUni(native.Handle, (nuint)uni);
        if (bidi > 0)
            Ngtcp2.ExtendMaxStreamsBidi(native.Handle, (nuint)bidi);
    }

    /// <summary>
    /// Records that a stream of the peer is closed, and allows the peer to open another one if the application has accepted the stream.
    /// </summary>
    public void OnStreamClosed(QuicStream stream)
    {
        if (!stream.IsOurs && stream.TakesCreditStep())
            ExtendStreams(stream.IsUni ? 1 : 0, stream.IsUni ? 0 : 1);
    }
}
