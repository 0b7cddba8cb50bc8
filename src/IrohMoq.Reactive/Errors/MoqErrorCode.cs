namespace IrohMoq.Reactive;

/// <summary>
/// Represents the code with which a stream is reset or stopped, or a session is closed, and provides the codes of moq-lite as fields.
/// The values are those of moq-lite-03 and the same for all versions: a session maps them to the numbers of its version. A received number
/// that is unknown is preserved. A value below 64 that is not a field of this type arrives in moq-lite-06 as <see cref="Internal"/>: an
/// application uses <see cref="FromApplication"/>. See moq-lite, "Error codes".
/// </summary>
/// <param name="Value">The numeric value of the code in moq-lite-03, before it is mapped to a stream code.</param>
public readonly record struct MoqErrorCode(uint Value)
{
    private const uint FirstApplicationCode = 64;
    private const uint LastApplicationCode = FirstApplicationCode + ushort.MaxValue;

    // Numbers below 64 that a version does not define, or that peers use with several meanings.
    private const uint FirstUnspecifiedCode = 1u << 31;
    private const uint LastUnspecifiedCode = FirstUnspecifiedCode + FirstApplicationCode - 1;

    /// <summary>
    /// Code 0: the receiver is no longer interested, or the stream or session ended normally. This code is never a failure.
    /// </summary>
    public static readonly MoqErrorCode Cancel = new(0);

    /// <summary>
    /// Code 1: the application rejected the session (<c>IncomingSession.Reject</c>), or a required extension is missing. The peer sees it
    /// as <see cref="Unauthorized"/>, and up to moq-lite-05 as 1 without a meaning, because other peers send 1 after failures.
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

    /// <summary>
    /// Code 6: the peer is not authorized for the operation. A request that is refused with this code arrives in moq-lite-06 as
    /// <see cref="NotFound"/>, because an answer there does not reveal what exists.
    /// </summary>
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

    /// <summary>Code 48: the peer has no capacity for the request. Another source may have.</summary>
    public static readonly MoqErrorCode NoCapacity = new(48);

    /// <summary>Code 50: a group is larger than the receiver accepts.</summary>
    public static readonly MoqErrorCode GroupTooLarge = new(50);

    /// <summary>Code 65,600, which is specific to this library: another connection with the same peer replaces this one.</summary>
    public static readonly MoqErrorCode Superseded = new(LastApplicationCode + 1);

    /// <summary>Code 65,601, which is specific to this library: a reader was too slow, for example because it made no progress.</summary>
    public static readonly MoqErrorCode SlowReader = new(LastApplicationCode + 2);

    /// <summary>Code 65,602: the peer is about to end the session and serves no new requests.</summary>
    public static readonly MoqErrorCode GoingAway = new(LastApplicationCode + 3);

    /// <summary>Code 65,603: the session was closed because it did not end in time after the peer was asked to leave.</summary>
    public static readonly MoqErrorCode GoawayTimeout = new(LastApplicationCode + 4);

    /// <summary>Code 65,604: the data could not be delivered in time.</summary>
    public static readonly MoqErrorCode DeliveryTimeout = new(LastApplicationCode + 5);

    /// <summary>Code 65,605: the frames of a group are malformed, for example because a timestamp is negative.</summary>
    public static readonly MoqErrorCode MalformedTrack = new(LastApplicationCode + 6);

    /// <summary>Code 65,606: a list of parameters is malformed.</summary>
    public static readonly MoqErrorCode MalformedParameters = new(LastApplicationCode + 7);

    /// <summary>Code 65,607: an error inside the peer, without details.</summary>
    public static readonly MoqErrorCode Internal = new(LastApplicationCode + 8);

    /// <summary>Gets the number that the application assigned if this is an application code (64 + n); otherwise, null.</summary>
    public int? ApplicationCode => Value is >= FirstApplicationCode and <= LastApplicationCode ? (int)(Value - FirstApplicationCode) : null;

    /// <summary>
    /// Gets the number that was received if the version of the session gives it no meaning of its own; otherwise, null.
    /// </summary>
    public uint? UnspecifiedNumber => Value is >= FirstUnspecifiedCode and <= LastUnspecifiedCode ? Value - FirstUnspecifiedCode : null;

    /// <summary>Returns the application code for a number that the application assigns.</summary>
    /// <param name="code">The number, from 0 to 65,535, which is sent as 64 + <paramref name="code"/>.</param>
    public static MoqErrorCode FromApplication(ushort code) => new(FirstApplicationCode + code);

    /// <summary>
    /// Returns the numeric value and, if the code is known, its name, such as <c>13 (not found)</c>. For a number that the version of the
    /// session gives no meaning, returns the number that was received, such as <c>13 (unspecified)</c>.
    /// </summary>
    public override string ToString() => UnspecifiedNumber is { } number
        ? $"{number} (unspecified)"
        : NameOf(Value) is { } name ? $"{Value} ({name})" : $"{Value}";

    /// <summary>Returns the code that preserves a received number to which the version of the session gives no meaning.</summary>
    /// <param name="number">The number, which is lower than 64.</param>
    internal static MoqErrorCode Unspecified(uint number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, FirstApplicationCode);
        return new MoqErrorCode(FirstUnspecifiedCode + number);
    }

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
        48 => "no capacity",
        50 => "group too large",
        LastApplicationCode + 1 => "superseded",
        LastApplicationCode + 2 => "slow reader",
        LastApplicationCode + 3 => "going away",
        LastApplicationCode + 4 => "goaway timeout",
        LastApplicationCode + 5 => "delivery timeout",
        LastApplicationCode + 6 => "malformed track",
        LastApplicationCode + 7 => "malformed parameters",
        LastApplicationCode + 8 => "internal",
        >= FirstApplicationCode and <= LastApplicationCode => $"application {value - FirstApplicationCode}",
        _ => null,
    };
}
