namespace IrohMoq.Reactive.Wire;

// meaning                  03–05 sent          06 stream           06 session
// cancel                   0                   0x1                 0x0
// internal                 4, session 1        0x0                 0x1
// transport                4, session 1        0x0                 0x1
// rejected                 1                   0x0                 0x2
// dropped                  24                  0x0                 0x1
// delivery timeout         2                   0x2
// closed                   25                  0x3                 0x0
// going away               25, session 0       0x4                 0x0
// lagged                   26                  0x5
// malformed track          5                   0x12                0x3
// no capacity              30                  0x30
// timeout                  3                   0x31                0x11
// group too large          11                  0x32
// not found, unauthorized  13, 6               0x33                unauthorized: 0x2
// old                      2                   0x34
// evicted                  31                  0x35
// unroutable               30                  0x36
// wrong size               14                  0x37                0x3
// frame too large          27                  0x38                0x3
// timestamp mismatch       29                  0x39                0x3
// violations               their own           0x0                 0x3
// malformed parameters     5                   0x0                 0x6
// goaway timeout           3                   0x0                 0x10
// version, unknown alpn    9, 21               0x0                 0x15
// application n            64 + n              64 + n              64 + n
// moq-lite draft 06, "Error codes". Up to 05 the drafts assign no numbers; they are those of the implementations.

/// <summary>
/// Maps error codes to the numbers of a version of moq-lite, and back. Up to moq-lite-05 there is one space of numbers, which are the
/// values of <see cref="MoqErrorCode"/>, but newer peers use the spaces of moq-lite-06 on every version. Moq-lite-06 has one space for
/// streams and one for sessions.
/// </summary>
internal static class WireCodes
{
    private const uint FirstApplicationNumber = 64;

    // The spaces of moq-lite-06, in the order of their numbers.
    private static readonly (uint Number, MoqErrorCode Code)[] Streams =
    [
        (0x0, MoqErrorCode.Internal),
        (0x1, MoqErrorCode.Cancel),
        (0x2, MoqErrorCode.DeliveryTimeout),
        (0x3, MoqErrorCode.Closed),
        (0x4, MoqErrorCode.GoingAway),
        (0x5, MoqErrorCode.Lagged),
        (0x12, MoqErrorCode.MalformedTrack),
        (0x30, MoqErrorCode.NoCapacity),
        (0x31, MoqErrorCode.Timeout),
        (0x32, MoqErrorCode.GroupTooLarge),
        (0x33, MoqErrorCode.NotFound),
        (0x34, MoqErrorCode.Old),
        (0x35, MoqErrorCode.Evicted),
        (0x36, MoqErrorCode.Unroutable),
        (0x37, MoqErrorCode.WrongSize),
        (0x38, MoqErrorCode.FrameTooLarge),
        (0x39, MoqErrorCode.TimestampMismatch),
    ];

    private static readonly (uint Number, MoqErrorCode Code)[] Sessions =
    [
        (0x0, MoqErrorCode.Cancel),
        (0x1, MoqErrorCode.Internal),
        (0x2, MoqErrorCode.Unauthorized),
        (0x3, MoqErrorCode.ProtocolViolation),
        (0x6, MoqErrorCode.MalformedParameters),
        (0x10, MoqErrorCode.GoawayTimeout),
        (0x11, MoqErrorCode.Timeout),
        (0x15, MoqErrorCode.Version),
    ];

    // Everything that a session is closed for because of what the peer sent.
    private static readonly MoqErrorCode[] Violations =
    [
        MoqErrorCode.Decode,
        MoqErrorCode.UnexpectedStream,
        MoqErrorCode.Duplicate,
        MoqErrorCode.WrongSize,
        MoqErrorCode.UnexpectedMessage,
        MoqErrorCode.TooManyParameters,
        MoqErrorCode.InvalidRole,
        MoqErrorCode.FrameTooLarge,
        MoqErrorCode.GroupTooLarge,
        MoqErrorCode.TimestampMismatch,
        MoqErrorCode.MalformedTrack,
    ];

    /// <summary>Returns the number to send for a code.</summary>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="space">What the number is for.</param>
    /// <param name="code">
    /// The code. A code that the space does not have is replaced with the one that is closest. Application codes, the codes that are
    /// specific to this library, and higher numbers are sent unchanged.
    /// </param>
    public static uint ToWire(MoqVersion version, CodeSpace space, MoqErrorCode code)
    {
        if (version is < MoqVersion.Lite03 or > MoqVersion.Lite06)
            throw version.NotSpoken();
        if (version < MoqVersion.Lite06)
            return ToSingle(space, code);
        if (NumberOf(space == CodeSpace.Stream ? Streams : Sessions, code) is { } number)
            return number;
        return IsSentUnchanged(code) ? code.Value : space == CodeSpace.Stream ? ToStream(code) : ToSession(code);
    }

    /// <summary>
    /// Returns the code for a number that was received. A number without a meaning, or with several, is preserved as
    /// <see cref="MoqErrorCode.Unspecified"/>.
    /// </summary>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="space">What the number was received for.</param>
    /// <param name="number">The number.</param>
    /// <param name="isStopped">
    /// True for the number with which the peer stops a stream, and for the number with which it resets a stream that this side stopped.
    /// There 0 is a cancellation in every version, because that is what the transports of Rust peers send.
    /// </param>
    public static MoqErrorCode FromWire(MoqVersion version, CodeSpace space, uint number, bool isStopped = false)
    {
        if (version is < MoqVersion.Lite03 or > MoqVersion.Lite06)
            throw version.NotSpoken();
        if (number >= FirstApplicationNumber)
            return new MoqErrorCode(number);
        if (version < MoqVersion.Lite06)
            return space == CodeSpace.Stream ? FromSingleStream(number) : FromSingleSession(number);
        if (space == CodeSpace.Stream && number == 0 && isStopped)
            return MoqErrorCode.Cancel;
        return CodeOf(space == CodeSpace.Stream ? Streams : Sessions, number) ?? MoqErrorCode.Unspecified(number);
    }

    private static uint ToSingle(CodeSpace space, MoqErrorCode code)
    {
        var isStream = space == CodeSpace.Stream;
        var same = code switch
        {
            // The number with which Rust peers of both generations close a session after a failure is that of a rejection in this table.
            _ when !isStream && IsInternal(code) => MoqErrorCode.Rejected,
            _ when IsInternal(code) => MoqErrorCode.Transport,
            _ when code == MoqErrorCode.DeliveryTimeout => MoqErrorCode.Old,
            _ when code == MoqErrorCode.GoawayTimeout => MoqErrorCode.Timeout,
            _ when code == MoqErrorCode.GoingAway => isStream ? MoqErrorCode.Closed : MoqErrorCode.Cancel,
            _ when code == MoqErrorCode.MalformedTrack || code == MoqErrorCode.MalformedParameters => MoqErrorCode.Decode,
            _ when code == MoqErrorCode.NoCapacity => MoqErrorCode.Unroutable,
            _ when code == MoqErrorCode.GroupTooLarge => MoqErrorCode.BoundsExceeded,
            _ => code,
        };
        return same.Value;
    }

    /// <summary>Determines whether a code says no more than that something failed.</summary>
    private static bool IsInternal(MoqErrorCode code) =>
        code == MoqErrorCode.Internal || code == MoqErrorCode.Transport || code.UnspecifiedNumber is not null;

    /// <summary>Returns the number for a code that the stream space lacks, which does not reveal why a request is refused.</summary>
    private static uint ToStream(MoqErrorCode code) =>
        code == MoqErrorCode.Unauthorized ? 0x33u : 0x0u;

    /// <summary>Returns the number for a code that the session space lacks.</summary>
    private static uint ToSession(MoqErrorCode code)
    {
        if (code == MoqErrorCode.GoingAway || code == MoqErrorCode.Closed)
            return 0x0;
        // A rejection is final for the peer, as every refusal is.
        if (code == MoqErrorCode.Rejected)
            return 0x2;
        if (code == MoqErrorCode.UnknownAlpn)
            return 0x15;
        return Violations.Contains(code) ? 0x3u : 0x1u;
    }

    private static MoqErrorCode FromSingleStream(uint number) => number switch
    {
        // Newer peers cancel with 1, which older ones do not send on streams.
        0 or 1 => MoqErrorCode.Cancel,
        // Older and newer peers use these with different meanings.
        (>= 2 and <= 5) or 18 => MoqErrorCode.Unspecified(number),
        >= 0x30 and <= 0x39 => CodeOf(Streams, number) ?? MoqErrorCode.Unspecified(number),
        _ => new MoqErrorCode(number),
    };

    private static MoqErrorCode FromSingleSession(uint number) => number switch
    {
        // Older and newer peers use these with different meanings. Old Rust peers also use 1 both for a rejection and for a failure.
        1 or 2 or 3 or 6 or 0x10 or 0x11 or 0x15 => MoqErrorCode.Unspecified(number),
        _ => new MoqErrorCode(number),
    };

    // Internal codes that have numbers in moq-lite-06 are never sent as they are.
    private static bool IsSentUnchanged(MoqErrorCode code) =>
        code.UnspecifiedNumber is null
        && code.Value >= FirstApplicationNumber
        && (code.Value <= MoqErrorCode.SlowReader.Value || code.Value > MoqErrorCode.Internal.Value);

    private static uint? NumberOf((uint Number, MoqErrorCode Code)[] space, MoqErrorCode code)
    {
        foreach (var row in space)
        {
            if (row.Code == code)
                return row.Number;
        }

        return null;
    }

    private static MoqErrorCode? CodeOf((uint Number, MoqErrorCode Code)[] space, uint number)
    {
        foreach (var row in space)
        {
            if (row.Number == number)
                return row.Code;
        }

        return null;
    }
}
