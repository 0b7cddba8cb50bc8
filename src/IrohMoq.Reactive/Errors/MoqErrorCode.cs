namespace IrohMoq.Reactive;

/// <summary>
/// Represents the code with which a stream is reset or stopped, or a session is closed, and provides the codes of moq-lite as fields.
/// Unknown codes are preserved. See moq-lite, "Error codes".
/// </summary>
/// <param name="Value">The numeric value of the code in moq-lite, before it is mapped to a stream code.</param>
public readonly record struct MoqErrorCode(uint Value)
{
    private const uint FirstApplicationCode = 64;
    private const uint LastApplicationCode = FirstApplicationCode + ushort.MaxValue;

    /// <summary>
    /// Code 0: the receiver is no longer interested, or the stream or session ended normally. This code is never a failure.
    /// </summary>
    public static readonly MoqErrorCode Cancel = new(0);

    /// <summary>
    /// Code 1: the application rejected the session (<c>IncomingSession.Reject</c>), or a required extension is missing.
    /// </summary>
    public static readonly MoqErrorCode Rejected = new(1);

    /// <summary>Code 2: the group was dropped because a newer one exists.</summary>
    public static readonly MoqErrorCode Old = new(2);

    /// <summary>Code 3: an operation exceeded its time limit.</summary>
    public static readonly MoqErrorCode Timeout = new(3);

    /// <summary>Code 4: the transport failed.</summary>
    public static readonly MoqErrorCode Transport = new(4);

    /// <summary>Code 5: a message was malformed, truncated or larger than allowed.</summary>
    public static readonly MoqErrorCode Decode = new(5);

    /// <summary>Code 6: the peer is not authorized for the operation.</summary>
    public static readonly MoqErrorCode Unauthorized = new(6);

    /// <summary>Code 9: the peers have no protocol version in common, or the version does not support a feature.</summary>
    public static readonly MoqErrorCode Version = new(9);

    /// <summary>Code 10: a stream has a type that is not allowed in this context.</summary>
    public static readonly MoqErrorCode UnexpectedStream = new(10);

    /// <summary>Code 11: a number, path or list is out of range, or a limit was exceeded.</summary>
    public static readonly MoqErrorCode BoundsExceeded = new(11);

    /// <summary>Code 12: a broadcast was announced twice, or a group sequence number was used twice.</summary>
    public static readonly MoqErrorCode Duplicate = new(12);

    /// <summary>Code 13: the broadcast or track is unknown.</summary>
    public static readonly MoqErrorCode NotFound = new(13);

    /// <summary>Code 14: a frame is shorter or longer than its declared size.</summary>
    public static readonly MoqErrorCode WrongSize = new(14);

    /// <summary>Code 15: the peer violated the protocol.</summary>
    public static readonly MoqErrorCode ProtocolViolation = new(15);

    /// <summary>Code 16: a message is not expected in this context.</summary>
    public static readonly MoqErrorCode UnexpectedMessage = new(16);

    /// <summary>Code 17: the operation is not supported.</summary>
    public static readonly MoqErrorCode Unsupported = new(17);

    /// <summary>Code 18: a message could not be encoded.</summary>
    public static readonly MoqErrorCode Encode = new(18);

    /// <summary>Code 19: a message has too many parameters.</summary>
    public static readonly MoqErrorCode TooManyParameters = new(19);

    /// <summary>Code 20: the role of the peer does not allow the operation.</summary>
    public static readonly MoqErrorCode InvalidRole = new(20);

    /// <summary>Code 21: the negotiated protocol name is unknown.</summary>
    public static readonly MoqErrorCode UnknownAlpn = new(21);

    /// <summary>Code 24: the producer was disposed before it had finished.</summary>
    public static readonly MoqErrorCode Dropped = new(24);

    /// <summary>Code 25: an object was used after it was closed.</summary>
    public static readonly MoqErrorCode Closed = new(25);

    /// <summary>Code 26: the reader fell so far behind that its next data is no longer cached.</summary>
    public static readonly MoqErrorCode Lagged = new(26);

    /// <summary>Code 27: a frame is larger than the receiver accepts.</summary>
    public static readonly MoqErrorCode FrameTooLarge = new(27);

    /// <summary>Code 29: a timestamp does not match the timescale of the track.</summary>
    public static readonly MoqErrorCode TimestampMismatch = new(29);

    /// <summary>Code 30: the broadcast is neither announced nor served on demand.</summary>
    public static readonly MoqErrorCode Unroutable = new(30);

    /// <summary>Code 31: data was dropped because of the limits of a cache.</summary>
    public static readonly MoqErrorCode Evicted = new(31);

    /// <summary>Code 65,600, which is specific to this library: another connection with the same peer replaces this one.</summary>
    public static readonly MoqErrorCode Superseded = new(LastApplicationCode + 1);

    /// <summary>Code 65,601, which is specific to this library: a reader was too slow, for example because it made no progress.</summary>
    public static readonly MoqErrorCode SlowReader = new(LastApplicationCode + 2);

    /// <summary>Gets the number that the application assigned if this is an application code (64 + n); otherwise, null.</summary>
    public int? ApplicationCode => Value is >= FirstApplicationCode and <= LastApplicationCode ? (int)(Value - FirstApplicationCode) : null;

    /// <summary>Returns the application code for a number that the application assigns.</summary>
    /// <param name="code">The number, from 0 to 65,535, which is sent as 64 + <paramref name="code"/>.</param>
    public static MoqErrorCode FromApplication(ushort code) => new(FirstApplicationCode + code);

    /// <summary>Returns the numeric value and, if the code is known, its name, such as <c>13 (not found)</c>.</summary>
    public override string ToString() => NameOf(Value) is { } name ? $"{Value} ({name})" : $"{Value}";

    private static string? NameOf(uint value) => value switch
    {
        0 => "cancel",
        1 => "rejected",
        2 => "old",
        3 => "timeout",
        4 => "transport",
        5 => "decode",
        6 => "unauthorized",
        9 => "version",
        10 => "unexpected stream",
        11 => "bounds exceeded",
        12 => "duplicate",
        13 => "not found",
        14 => "wrong size",
        15 => "protocol violation",
        16 => "unexpected message",
        17 => "unsupported",
        18 => "encode",
        19 => "too many parameters",
        20 => "invalid role",
        21 => "unknown alpn",
        24 => "dropped",
        25 => "closed",
        26 => "lagged",
        27 => "frame too large",
        29 => "timestamp mismatch",
        30 => "unroutable",
        31 => "evicted",
        LastApplicationCode + 1 => "superseded",
        LastApplicationCode + 2 => "slow reader",
        >= FirstApplicationCode and <= LastApplicationCode => $"application {value - FirstApplicationCode}",
        _ => null,
    };
}
