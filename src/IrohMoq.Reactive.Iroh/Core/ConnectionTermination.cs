using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Ends one connection (RFC 9000, section 10): finds the reason, sends CONNECTION_CLOSE if the peer is to be notified, and releases the
/// native objects.
/// </summary>
/// <param name="native">The native connection.</param>
/// <param name="handshake">The handshake of the connection.</param>
/// <param name="identity">The identity of the peer.</param>
/// <param name="streams">The streams of the connection.</param>
/// <param name="datagrams">The queue of the datagrams to send.</param>
/// <param name="statistics">The statistics of the connection.</param>
/// <param name="mtu">The limit of the size of packets.</param>
/// <param name="writer">The writer of the packets of the connection.</param>
/// <param name="events">The object that receives the end.</param>
internal sealed unsafe class ConnectionTermination(
    NativeConnection native, Handshake handshake, PeerIdentity identity, StreamTable streams, OutgoingDatagrams datagrams,
    CoreStatistics statistics, PathMtu mtu, PacketWriter writer, ICoreEvents events)
{
    private const ulong MinClosingTime = 30_000_000;
    private const ulong MaxClosingTime = 3_000_000_000;

    private bool _isReset;

    /// <summary>
    /// Gets a value that indicates whether the connection has ended because its first packet cannot begin a connection, for example
    /// because it cannot be decrypted. Nothing was sent.
    /// </summary>
    public bool IsDropped { get; private set; }

    /// <summary>
    /// Gets a value that indicates whether the connection has ended because its first packet has no beginning of the TLS handshake, which
    /// another packet contains. ngtcp2 keeps such a packet only if the client has proved its address. Nothing was sent.
    /// </summary>
    public bool RequiresRetry { get; private set; }

    /// <summary>Called when the peer has sent a stateless reset, before ngtcp2 reports that the connection has ended.</summary>
    public void OnStatelessReset() => _isReset = true;

    /// <summary>Ends the connection with a code of the application.</summary>
    public void Close(ulong code, string reason, ulong now)
    {
        var encoded = CloseReason.Encode(reason);
        fixed (byte* text = encoded)
        {
            NgCloseError error = default;
            Ngtcp2.SetApplicationError(&error, code, text, (nuint)encoded.Length);
            Finish(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, false), &error, now);
        }
    }

    /// <summary>Ends the connection after ngtcp2 has reported that it has ended, or an error.</summary>
    /// <param name="result">The error code of ngtcp2.</param>
    /// <param name="fault">The exception of this library that has led to the result, or null.</param>
    /// <param name="datagram">The datagram that has led to the result, if there is one.</param>
    /// <param name="now">The current time in nanoseconds.</param>
    public void Fail(int result, Exception? fault, ReadOnlySpan<byte> datagram, ulong now)
    {
        if (result == Ngtcp2.Draining)
        {
            Finish(_isReset ? ConnectionEnds.Reset : CloseReason.Read(Ngtcp2.GetCloseError(native.Handle)), null, now);
            return;
        }

        if (ConnectionEnds.WithoutClose(result, datagram) is { } end)
        {
            IsDropped = result is Ngtcp2.DropConnection or Ngtcp2.Retry;
            RequiresRetry = result == Ngtcp2.Retry;
            Finish(end, null, now);
            return;
        }

        NgCloseError error = default;
        var problem = result == Ngtcp2.Crypto ? null : handshake.Problem ?? streams.Problem;
        if (result == Ngtcp2.Crypto)
            Ngtcp2.SetTlsAlert(&error, Ngtcp2.GetTlsAlert(native.Handle), null, 0);
        else
            Ngtcp2.SetTransportError(&error, problem?.Code ?? ConnectionEnds.CodeOf(result), null, 0);
        var text = fault?.Message ?? problem?.Text ?? identity.Objection ?? Ngtcp2.Describe(result);
        Finish(ConnectionEnds.Local(error.Code, text), &error, now);
    }

    /// <summary>Sends the close if there is one, and releases the native objects.</summary>
    private void Finish(TransportEnd end, NgCloseError* close, ulong now)
    {
        var packet = close is null ? null : writer.WriteClose(close, now);
        _ = statistics.Measure(native, mtu);
        // RFC 9000, section 10.2: three times the PTO at least.
        var closingTime = Math.Clamp(3 * Ngtcp2.GetPto(native.Handle), MinClosingTime, MaxClosingTime);
        native.Dispose();
        streams.Clear(end);
        datagrams.Clear();
        events.OnEnded(end, packet, now + closingTime);
    }
}
