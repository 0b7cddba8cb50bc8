namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Represents a stream of a connection. The stream id determines whether the stream is bidirectional; see RFC 9000, section 2.1.
/// </summary>
internal sealed class QuicStream
{
    private const long ServerBit = 1;
    private const long UniBit = 2;

    private int _creditSteps;

    public QuicStream(QuicConnection connection, long id, bool isOurs)
    {
        Id = id;
        IsOurs = isOurs;
        if (isOurs || !IsUni)
            Send = new QuicSendStream(connection, id);
        if (!isOurs || !IsUni)
            Receive = new QuicReceiveStream(connection, id);
    }

    public long Id { get; }

    public bool IsOurs { get; }

    public bool IsUni => IsUniId(Id);

    public QuicSendStream? Send { get; }

    public QuicReceiveStream? Receive { get; }

    public static bool IsUniId(long id) => (id & UniBit) != 0;

    public static bool IsServerId(long id) => (id & ServerBit) != 0;

    public static long FirstId(bool isServer, bool isUni) => (isServer ? ServerBit : 0) | (isUni ? UniBit : 0);

    /// <summary>
    /// Gets or sets a value that indicates whether a STREAM frame of this stream has been received. Only the I/O thread may use it.
    /// </summary>
    public bool HasCome { get; set; }

    /// <summary>
    /// Records that the stream was accepted by the application, or that it was closed. Returns true at the second of these two events,
    /// after which the peer may open another stream.
    /// </summary>
    public bool TakesCreditStep() => Interlocked.Increment(ref _creditSteps) == 2;
}
