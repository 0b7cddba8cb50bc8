using System.Text.Json;
using IrohMoq.Reactive.Wire;
using static IrohMoq.Reactive.MoqErrorCode;

namespace IrohMoq.Reactive.Tests.Wire;

public sealed class WireCodesTests
{
    private static readonly MoqVersion[] Old = [MoqVersion.Lite03, MoqVersion.Lite04, MoqVersion.Lite05];

    // What is sent up to moq-lite-05 on a stream and for a session, and in moq-lite-06 on a stream and for a session.
    private static readonly (MoqErrorCode Code, uint OldStream, uint OldSession, uint Stream, uint Session)[] Sent =
    [
        (Cancel, 0, 0, 0x1, 0x0),
        (Rejected, 1, 1, 0x0, 0x2),
        (Old_, 2, 2, 0x34, 0x1),
        (MoqErrorCode.Timeout, 3, 3, 0x31, 0x11),
        (MoqErrorCode.Transport, 4, 1, 0x0, 0x1),
        (Decode, 5, 5, 0x0, 0x3),
        (Unauthorized, 6, 6, 0x33, 0x2),
        (MoqErrorCode.Version, 9, 9, 0x0, 0x15),
        (UnexpectedStream, 10, 10, 0x0, 0x3),
        (BoundsExceeded, 11, 11, 0x0, 0x1),
        (Duplicate, 12, 12, 0x0, 0x3),
        (NotFound, 13, 13, 0x33, 0x1),
        (WrongSize, 14, 14, 0x37, 0x3),
        (ProtocolViolation, 15, 15, 0x0, 0x3),
        (UnexpectedMessage, 16, 16, 0x0, 0x3),
        (Unsupported, 17, 17, 0x0, 0x1),
        (MoqErrorCode.Encode, 18, 18, 0x0, 0x1),
        (TooManyParameters, 19, 19, 0x0, 0x3),
        (InvalidRole, 20, 20, 0x0, 0x3),
        (UnknownAlpn, 21, 21, 0x0, 0x15),
        (Dropped, 24, 24, 0x0, 0x1),
        (Closed, 25, 25, 0x3, 0x0),
        (Lagged, 26, 26, 0x5, 0x1),
        (FrameTooLarge, 27, 27, 0x38, 0x3),
        (TimestampMismatch, 29, 29, 0x39, 0x3),
        (Unroutable, 30, 30, 0x36, 0x1),
        (Evicted, 31, 31, 0x35, 0x1),
        (NoCapacity, 30, 30, 0x30, 0x1),
        (GroupTooLarge, 11, 11, 0x32, 0x3),
        (Superseded, 65_600, 65_600, 65_600, 65_600),
        (SlowReader, 65_601, 65_601, 65_601, 65_601),
        (GoingAway, 25, 0, 0x4, 0x0),
        (GoawayTimeout, 3, 3, 0x0, 0x10),
        (DeliveryTimeout, 2, 2, 0x2, 0x1),
        (MalformedTrack, 5, 5, 0x12, 0x3),
        (MalformedParameters, 5, 5, 0x0, 0x6),
        (Internal, 4, 1, 0x0, 0x1),
    ];

    // What the meanings in vectors-06.json are called here.
    private static readonly Dictionary<string, MoqErrorCode> Meanings = new()
    {
        ["stream INTERNAL_ERROR"] = Internal,
        ["stream CANCELLED"] = Cancel,
        ["stream DELIVERY_TIMEOUT"] = DeliveryTimeout,
        ["stream SESSION_CLOSED"] = Closed,
        ["stream GOING_AWAY"] = GoingAway,
        ["stream TOO_FAR_BEHIND"] = Lagged,
        ["stream MALFORMED_TRACK"] = MalformedTrack,
        ["stream NO_CAPACITY"] = NoCapacity,
        ["stream CONTROL_TIMEOUT"] = MoqErrorCode.Timeout,
        ["stream GROUP_TOO_LARGE"] = GroupTooLarge,
        ["stream NOT_FOUND"] = NotFound,
        ["stream OLD"] = Old_,
        ["stream EVICTED"] = Evicted,
        ["stream UNROUTABLE"] = Unroutable,
        ["stream WRONG_SIZE"] = WrongSize,
        ["stream FRAME_TOO_LARGE"] = FrameTooLarge,
        ["stream TIMESTAMP_MISMATCH"] = TimestampMismatch,
        ["session NO_ERROR"] = Cancel,
        ["session INTERNAL_ERROR"] = Internal,
        ["session UNAUTHORIZED"] = Unauthorized,
        ["session PROTOCOL_VIOLATION"] = ProtocolViolation,
        ["session KEY_VALUE_FORMATTING_ERROR"] = MalformedParameters,
        ["session GOAWAY_TIMEOUT"] = GoawayTimeout,
        ["session CONTROL_MESSAGE_TIMEOUT"] = MoqErrorCode.Timeout,
        ["session VERSION_NEGOTIATION_FAILED"] = MoqErrorCode.Version,
    };

    private static MoqErrorCode Old_ => MoqErrorCode.Old;

    private static IEnumerable<TestCaseData> Read() => Vectors.Spoken("errorsRead")
        .Select(v => new TestCaseData(v).SetArgDisplayNames($"{v.Text("space")} {v.Number("code")} {v.Text("meaning")}"));

    [Test]
    public void EveryCode_IsSentAsTheVersionSays()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var (code, oldStream, oldSession, stream, session) in Sent)
            {
                foreach (var version in Old)
                {
                    Assert.That(WireCodes.ToWire(version, CodeSpace.Stream, code), Is.EqualTo(oldStream), $"{version}: {code}");
                    Assert.That(WireCodes.ToWire(version, CodeSpace.Session, code), Is.EqualTo(oldSession), $"{version}: {code}");
                }

                Assert.That(WireCodes.ToWire(MoqVersion.Lite06, CodeSpace.Stream, code), Is.EqualTo(stream), $"{code}");
                Assert.That(WireCodes.ToWire(MoqVersion.Lite06, CodeSpace.Session, code), Is.EqualTo(session), $"{code}");
            }
        }
    }

    [Test]
    public void Table_HasEveryCode()
    {
        var fields = typeof(MoqErrorCode).GetFields()
            .Where(field => field.IsStatic && field.FieldType == typeof(MoqErrorCode))
            .Select(field => (MoqErrorCode)field.GetValue(null)!);
        Assert.That(fields, Is.EquivalentTo(Sent.Select(row => row.Code)));
    }

    [TestCaseSource(nameof(Read))]
    public void EveryNumber_IsReadAsTheDraftSays(JsonElement vector)
    {
        var space = vector.Text("space") == "stream" ? CodeSpace.Stream : CodeSpace.Session;
        var number = (uint)vector.Required("code");
        var meaning = vector.Text("meaning");

        var code = WireCodes.FromWire(vector.Version(), space, number);

        if (meaning.StartsWith("application ", StringComparison.Ordinal))
            Assert.That(code.ApplicationCode, Is.EqualTo(int.Parse(meaning["application ".Length..])));
        else if (meaning == "unspecified")
            Assert.That(code.ToString(), Is.EqualTo($"{number} (unspecified)"));
        else
            Assert.That(code, Is.EqualTo(Meanings[$"{vector.Text("space")} {meaning}"]));
    }

    [Test]
    public void NumberOfTheSpaceOfMoqLite06_ComesBackAsItself()
    {
        foreach (var space in Enum.GetValues<CodeSpace>())
        {
            for (var number = 0u; number < 0x40; number++)
            {
                var code = WireCodes.FromWire(MoqVersion.Lite06, space, number);
                if (code.UnspecifiedNumber is null)
                    Assert.That(WireCodes.ToWire(MoqVersion.Lite06, space, code), Is.EqualTo(number));
                else
                    Assert.That(WireCodes.ToWire(MoqVersion.Lite06, space, code), Is.EqualTo(space == CodeSpace.Stream ? 0u : 1u));
            }
        }
    }

    [Test]
    public void OlderVersion_IsReadInBothGenerationsOfNumbers()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var version in Old)
            {
                for (var number = 0u; number < 0x40; number++)
                {
                    var stream = WireCodes.FromWire(version, CodeSpace.Stream, number);
                    var expected = number switch
                    {
                        0 or 1 => Cancel,
                        2 or 3 or 4 or 5 or 18 => Unspecified(number),
                        >= 0x30 and <= 0x39 => WireCodes.FromWire(MoqVersion.Lite06, CodeSpace.Stream, number),
                        _ => new MoqErrorCode(number),
                    };
                    Assert.That(stream, Is.EqualTo(expected), $"{version}: stream {number}");
                    Assert.That(stream.ToString(), expected.UnspecifiedNumber is null ? Is.Not.Empty : Does.StartWith($"{number} "));

                    var session = WireCodes.FromWire(version, CodeSpace.Session, number);
                    var meaning = number switch
                    {
                        1 or 2 or 3 or 6 or 0x10 or 0x11 or 0x15 => Unspecified(number),
                        _ => new MoqErrorCode(number),
                    };
                    Assert.That(session, Is.EqualTo(meaning), $"{version}: session {number}");
                }

                Assert.That(WireCodes.FromWire(version, CodeSpace.Session, 0), Is.EqualTo(Cancel));
            }
        }
    }

    [Test]
    public void ZeroOfAStoppedStream_IsACancellationInEveryVersion()
    {
        foreach (var version in MoqVersions.Known)
            Assert.That(WireCodes.FromWire(version, CodeSpace.Stream, 0, isStopped: true), Is.EqualTo(Cancel));
        Assert.That(WireCodes.FromWire(MoqVersion.Lite06, CodeSpace.Stream, 0), Is.EqualTo(Internal));
        Assert.That(WireCodes.FromWire(MoqVersion.Lite06, CodeSpace.Stream, 5, isStopped: true), Is.EqualTo(Lagged));
    }

    [Test]
    public void ApplicationCodesAndHigherNumbers_TravelUnchanged()
    {
        foreach (var version in MoqVersions.Known)
        {
            foreach (var space in Enum.GetValues<CodeSpace>())
            {
                foreach (var number in new uint[] { 64, 71, 65_599, 65_600, 65_601, 70_000, uint.MaxValue })
                {
                    Assert.That(WireCodes.ToWire(version, space, new MoqErrorCode(number)), Is.EqualTo(number));
                    Assert.That(WireCodes.FromWire(version, space, number).Value, Is.EqualTo(number));
                }
            }
        }
    }

    [Test]
    public void UnknownCode_IsNeverForwardedToAVersionThatGivesItAMeaning()
    {
        Assert.That(WireCodes.ToWire(MoqVersion.Lite06, CodeSpace.Stream, new MoqErrorCode(51)), Is.Zero);
        Assert.That(WireCodes.ToWire(MoqVersion.Lite06, CodeSpace.Session, new MoqErrorCode(40)), Is.EqualTo(1));
        Assert.That(WireCodes.ToWire(MoqVersion.Lite03, CodeSpace.Stream, Unspecified(13)), Is.EqualTo(4));
        Assert.That(WireCodes.ToWire(MoqVersion.Lite03, CodeSpace.Session, Unspecified(13)), Is.EqualTo(1));
        Assert.That(() => Unspecified(64), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
