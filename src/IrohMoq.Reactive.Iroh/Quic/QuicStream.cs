namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>A stream of a connection: one or both directions, by its id. RFC 9000, section 2.1.</summary>
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

    /// <summary>True once something of it has come in a STREAM frame. I/O thread only.</summary>
    public bool HasCome { get; set; }

    /// <summary>The peer may open another stream once this one is closed and has been accepted: true for whichever comes second.</summary>
    public bool TakesCreditStep() => Interlocked.Increment(ref _creditSteps) == 2;
}
