namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Represents a stream of a connection. The stream id determines whether the stream is bidirectional; see RFC 9000, section 2.1.
/// </summary>
/// <param name="id">The stream id.</param>
/// <param name="isOurs">True if this side opens the stream; false if the peer has opened it.</param>
/// <param name="send">The direction that this side writes, or null if only the peer writes.</param>
/// <param name="receive">The direction that the peer writes, or null if only this side writes.</param>
internal sealed class QuicStream(long id, bool isOurs, SendStreamState? send, ReceiveStreamState? receive)
{
    private const long ServerBit = 1;
    private const long UniBit = 2;

    private int _creditSteps;

    public long Id { get; } = id;

    public bool IsOurs { get; } = isOurs;

    public bool IsUni => IsUniId(Id);

    public SendStreamState? Send { get; } = send;

    public ReceiveStreamState? Receive { get; } = receive;

    /// <summary>
    /// Gets or sets a value that indicates whether a STREAM frame of this stream has been received. Only the core may use it.
    /// </summary>
    public bool HasCome { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether the stream counts as closed although ngtcp2 keeps it. Only the core may use it.
    /// </summary>
    public bool IsLeaked { get; set; }

    public static bool IsUniId(long id) => (id & UniBit) != 0;

    public static bool IsServerId(long id) => (id & ServerBit) != 0;

    public static long FirstId(bool isServer, bool isUni) => (isServer ? ServerBit : 0) | (isUni ? UniBit : 0);

    /// <summary>
    /// Records that the stream was accepted by the application, or that it was closed. Returns true at the second of these two events,
    /// after which the peer may open another stream.
    /// </summary>
    public bool TakesCreditStep() => Interlocked.Increment(ref _creditSteps) == 2;
}
