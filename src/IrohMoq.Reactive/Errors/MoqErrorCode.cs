namespace IrohMoq.Reactive;

/// <summary>
/// Represents the code with which a stream is reset or stopped, or a session is closed, and lists the codes of moq-lite. A code that is not
/// in the list is kept unchanged. See moq-lite, "Error codes".
/// </summary>
/// <param name="Value">The number of the code in moq-lite, before it is mapped for a stream.</param>
public readonly record struct MoqErrorCode(uint Value)
{
    private const uint FirstApplicationCode = 64;
    private const uint LastApplicationCode = FirstApplicationCode + ushort.MaxValue;

    /// <summary>0: no longer interested, or a normal end. Never a failure.</summary>
    public static readonly MoqErrorCode Cancel = new(0);

    /// <summary>1: the application rejected the session (<c>IncomingSession.Reject</c>), or a required extension is missing.</summary>
    public static readonly MoqErrorCode Rejected = new(1);

    /// <summary>2: the group was dropped because a newer one exists.</summary>
    public static readonly MoqErrorCode Old = new(2);

    /// <summary>3: something took longer than its limit.</summary>
    public static readonly MoqErrorCode Timeout = new(3);

    /// <summary>4: the transport failed.</summary>
    public static readonly MoqErrorCode Transport = new(4);

    /// <summary>5: a message was malformed, truncated or larger than allowed.</summary>
    public static readonly MoqErrorCode Decode = new(5);

    /// <summary>6: the peer is not allowed to do this.</summary>
    public static readonly MoqErrorCode Unauthorized = new(6);

    /// <summary>9: no version in common, or a feature that this version does not have.</summary>
    public static readonly MoqErrorCode Version = new(9);

    /// <summary>10: a stream of a type that is not allowed here.</summary>
    public static readonly MoqErrorCode UnexpectedStream = new(10);

    /// <summary>11: a number, path or list is out of range.</summary>
    public static readonly MoqErrorCode BoundsExceeded = new(11);

    /// <summary>12: announced twice, or a group sequence used twice.</summary>
    public static readonly MoqErrorCode Duplicate = new(12);

    /// <summary>13: the broadcast or track is unknown.</summary>
    public static readonly MoqErrorCode NotFound = new(13);

    /// <summary>14: a frame is shorter or longer than it was declared.</summary>
    public static readonly MoqErrorCode WrongSize = new(14);

    /// <summary>15: the peer violated the protocol.</summary>
    public static readonly MoqErrorCode ProtocolViolation = new(15);

    /// <summary>16: a message that is not expected at this point.</summary>
    public static readonly MoqErrorCode UnexpectedMessage = new(16);

    /// <summary>17: not supported.</summary>
    public static readonly MoqErrorCode Unsupported = new(17);

    /// <summary>18: a message could not be encoded.</summary>
    public static readonly MoqErrorCode Encode = new(18);

    /// <summary>19: too many parameters.</summary>
    public static readonly MoqErrorCode TooManyParameters = new(19);

    /// <summary>20: the role does not allow this.</summary>
    public static readonly MoqErrorCode InvalidRole = new(20);

    /// <summary>21: the negotiated protocol name is unknown.</summary>
    public static readonly MoqErrorCode UnknownAlpn = new(21);

    /// <summary>24: the producer was disposed before it had finished.</summary>
    public static readonly MoqErrorCode Dropped = new(24);

    /// <summary>25: used after it was closed.</summary>
    public static readonly MoqErrorCode Closed = new(25);

    /// <summary>26: the reader fell behind what is still cached.</summary>
    public static readonly MoqErrorCode Lagged = new(26);

    /// <summary>27: a frame is larger than the receiver takes.</summary>
    public static readonly MoqErrorCode FrameTooLarge = new(27);

    /// <summary>29: a timestamp does not fit the track's scale.</summary>
    public static readonly MoqErrorCode TimestampMismatch = new(29);

    /// <summary>30: the broadcast is neither announced nor served on demand.</summary>
    public static readonly MoqErrorCode Unroutable = new(30);

    /// <summary>31: dropped because memory is short.</summary>
    public static readonly MoqErrorCode Evicted = new(31);

    /// <summary>65,600, a code of this library: another connection with the same peer replaces this one.</summary>
    public static readonly MoqErrorCode Superseded = new(LastApplicationCode + 1);

    /// <summary>65,601, a code of this library: the reader read nothing for longer than the publisher waits.</summary>
    public static readonly MoqErrorCode SlowReader = new(LastApplicationCode + 2);

    /// <summary>Gets the number of the application if this is an application code (64 + n), otherwise null.</summary>
    public int? ApplicationCode => Value is >= FirstApplicationCode and <= LastApplicationCode ? (int)(Value - FirstApplicationCode) : null;

    /// <summary>Returns the code for a number of the application.</summary>
    /// <param name="code">
    /// 0 to 65,535, sent as 64 + <paramref name="code"/>.</param>
    public static MoqErrorCode FromApplication(ushort code) => new(FirstApplicationCode + code);

    /// <summary>Returns the number and, if the list has it, the name: <c>13 (not found)</c>.</summary>
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
