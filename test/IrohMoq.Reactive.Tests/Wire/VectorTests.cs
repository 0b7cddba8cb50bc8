using System.Text.Json;
using IrohMoq.Reactive.Tests.Sessions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Checks the messages of moq-lite-03 to 06 against the reference vectors.</summary>
public sealed class VectorTests
{
    // JavaScript reads 53 bits. A peer in another language may send 62 bits, which are accepted.
    private const string TakenHereOnly = "/SUBSCRIBE/group-above-2^53";

    // The vector fails only the stream. The draft closes the session for every body that does not fill its length, and so do the vectors
    // of all other messages and of a GROUP that is too long.
    private const string ShortGroup = "lite-06/GROUP/lite-05-layout";

    // The length of the string alone shows that the URI is too long. This library waits for the message first, which is bounded as well.
    private const string LengthOfUriAlone = "lite-06/GOAWAY/uri-8193-prefix-only";

    // The sections of the files, with the tests that read them or the reason why none does.
    private static readonly Dictionary<string, string> Readers = new()
    {
        ["about"] = "it tells how the file was made",
        ["qmux"] = "QMux is no transport of this library",
        ["messages"] = nameof(VectorTests),
        ["malformed"] = $"{nameof(VectorTests)}, {nameof(MalformedVectorTests)}",
        ["prefixes"] = nameof(VectorTests),
        ["varints"] = nameof(PrimitiveVectorTests),
        ["strings"] = nameof(PrimitiveVectorTests),
        ["paths"] = nameof(PrimitiveVectorTests),
        ["streamTypes"] = nameof(PrimitiveVectorTests),
        ["transcripts"] = nameof(TranscriptVectorTests),
        ["asSubscriber"] = nameof(TranscriptVectorTests),
        ["errorsRead"] = nameof(WireCodesTests),
        ["contextual"] = nameof(ContextualVectorTests),
        ["positions"] = nameof(PositionVectorTests),
        ["expiry"] = nameof(ExpiryVectorTests),
        ["behaviours"] = nameof(ReferenceBehaviourTests),
        ["sendOrders"] = nameof(ReferenceBehaviourTests),
    };

    // Values that are read as another value, which is then written.
    private static readonly string[] ReadAsAnother =
    [
        "lite-06/SETUP/probe-future-level", "lite-06/SETUP/role-unknown", "lite-06/SETUP/hop-zero", "lite-06/SETUP/role-both-explicit",
    ];

    private static IEnumerable<TestCaseData> Good() => Vectors.Messages.Select(Vectors.Case);

    private static IEnumerable<TestCaseData> Bad() => Vectors.Malformed.Select(Vectors.Case);

    private static IEnumerable<TestCaseData> Prefixes() =>
        Vectors.Prefixes.Select(v => new TestCaseData(v).SetArgDisplayNames($"{v.Text("version")}/{v.Text("message")}"));

    [Test]
    public void EverySection_IsReadByATest() => Assert.That(Vectors.Sections, Is.EquivalentTo(Readers.Keys));

    [Test]
    public void Vectors_AreAllThere()
    {
        Assert.That(Count("messages"), Is.EqualTo(new[] { 43, 47, 75, 98 }));
        Assert.That(Count("malformed"), Is.EqualTo(new[] { 94, 102, 156, 81 }));
        Assert.That(Count("prefixes"), Is.EqualTo(new[] { 9, 10, 15, 0 }));
        foreach (var version in MoqVersions.Known)
        {
            var kinds = Vectors.Messages.Where(v => v.Version() == version).Select(v => MessageKind.Named(v.Text("message"))).Distinct();
            Assert.That(kinds, Is.EquivalentTo(MessageKind.All.Where(kind => kind.Versions.Contains(version))));
        }

        static int[] Count(string section) =>
            [.. MoqVersions.Known.Reverse().Select(version => Vectors.Spoken(section).Count(v => v.Version() == version))];
    }

    [TestCaseSource(nameof(Good))]
    public void GoodMessage_DecodesToItsFieldsAndEncodesToItsBytes(JsonElement vector)
    {
        var kind = MessageKind.Named(vector.Text("message"));
        var version = vector.Version();
        var bytes = vector.Bytes();

        var done = kind.TryRead(bytes, version, out var message, out var consumed);

        Assert.That(done, Is.True);
        Assert.That(consumed, Is.EqualTo(bytes.Length));
        Assert.That(Comparable(message), Is.EqualTo(kind.FromFields(vector.GetProperty("decoded"), version)));
        if (!vector.TryGetProperty("reencode", out _) && !ReadAsAnother.Contains(vector.Text("name")))
        {
            var fields = kind.FromFields(vector.GetProperty("fields"), version);
            Assert.That(Convert.ToHexStringLower(kind.Encode(fields, version)), Is.EqualTo(vector.Text("hex")));
            Assert.That(Convert.ToHexStringLower(kind.Encode(message, version)), Is.EqualTo(vector.Text("hex")));
        }

        Assert.That(kind.ReadToEnd(kind.Encode(message, version), version)!.Value.Message, Is.EqualTo(message));
    }

    [TestCaseSource(nameof(Good))]
    public void GoodMessageCutShort_WaitsForMoreAndFailsAtTheEndOfTheStream(JsonElement vector)
    {
        var kind = MessageKind.Named(vector.Text("message"));
        var version = vector.Version();
        var bytes = vector.Bytes();
        for (var n = 1; n < bytes.Length; n++)
        {
            Assert.That(kind.TryRead(bytes.AsSpan(0, n), version, out _, out var consumed), Is.False);
            Assert.That(consumed, Is.Zero);
            Assert.That(() => kind.ReadToEnd(bytes.AsSpan(0, n), version), Throws.TypeOf<MoqProtocolException>());
        }
    }

    [TestCaseSource(nameof(Bad))]
    public void MalformedMessage_EndsAsTheReferenceEndsIt(JsonElement vector)
    {
        var kind = MessageKind.Named(vector.Text("message"));
        var version = vector.Version();
        var bytes = vector.Bytes();
        if (vector.Text("name").EndsWith(TakenHereOnly, StringComparison.Ordinal))
        {
            Assert.That(((Subscribe)kind.ReadToEnd(bytes, version)!.Value.Message).Terms.StartGroup, Is.EqualTo(1UL << 53));
        }
        else if (vector.Text("result") == "error")
        {
            var error = Assert.Throws<MoqProtocolException>(() => kind.ReadToEnd(bytes, version));
            var (code, text) = Expected(vector);
            Assert.That(error.Code, Is.EqualTo(code));
            Assert.That(error.Message, Does.Match(text));
            Assert.That(error.IsRemote, Is.True);
            if (vector.TryGetProperty("scope", out var scope))
                Assert.That(error.ClosesSession, Is.EqualTo(scope.GetString() == "session" || vector.Text("name") == ShortGroup));
            else
                Assert.That(error.ClosesSession, Is.EqualTo(kind.Name == "SETUP"));
        }
        else if (vector.GetProperty("decoded").TryGetProperty("endOfStream", out _))
        {
            Assert.That(kind.ReadToEnd(bytes, version), Is.Null);
        }
        else
        {
            var (message, consumed) = kind.ReadToEnd(bytes, version)!.Value;
            var leftover = vector.TryGetProperty("leftover", out var hex) ? hex.GetString() : "";
            Assert.That(Comparable(message), Is.EqualTo(kind.FromFields(vector.GetProperty("decoded"), version)));
            Assert.That(Convert.ToHexStringLower(bytes.AsSpan(consumed)), Is.EqualTo(leftover));
        }
    }

    [TestCaseSource(nameof(Prefixes))]
    public void MessageCutShort_FailsWhereTheReferenceFails(JsonElement vector)
    {
        var kind = MessageKind.Named(vector.Text("message"));
        var version = vector.Version();
        var bytes = vector.Bytes();
        for (var n = 1; n < bytes.Length; n++)
        {
            Assert.That(kind.TryRead(bytes.AsSpan(0, n), version, out _, out var consumed), Is.False);
            Assert.That(consumed, Is.Zero);
            Assert.That(vector.GetProperty("prefixResults")[n].GetString(), Is.EqualTo("error"));
            Assert.That(() => kind.ReadToEnd(bytes.AsSpan(0, n), version), Throws.TypeOf<MoqProtocolException>());
        }
    }

    // The vectors do not distinguish an absent role from the default.
    private static object Comparable(object message) =>
        message is Setup { Role: SessionRole.Both } setup ? setup with { Role = null } : message;

    private static (MoqErrorCode Code, string Text) Expected(JsonElement vector)
    {
        var error = vector.Text("error");
        if (vector.Version() < MoqVersion.Lite06)
        {
            return error switch
            {
                _ when error.StartsWith("path exceeds", StringComparison.Ordinal) => (MoqErrorCode.BoundsExceeded, "32 segments"),
                _ when error.StartsWith("hop count", StringComparison.Ordinal) => (MoqErrorCode.BoundsExceeded, "more than 32"),
                _ when error.StartsWith("duplicate parameter", StringComparison.Ordinal) => (MoqErrorCode.ProtocolViolation, "second time"),
                "too many parameters" => (MoqErrorCode.TooManyParameters, "more than 64"),
                "track timescale must be non-zero" => (MoqErrorCode.ProtocolViolation, "timescale"),
                _ => (MoqErrorCode.Decode, ""),
            };
        }

        return error switch
        {
            "uri too long" when vector.Text("name") == LengthOfUriAlone => (MoqErrorCode.Decode, "ended the stream inside"),
            "truncated" => (MoqErrorCode.Decode, "runs past the end|ended the stream inside|more than the . bytes that follow"),
            "trailing bytes" => (MoqErrorCode.Decode, "leaves . bytes of the declared length over"),
            "invalid utf-8" => (MoqErrorCode.Decode, "UTF-8"),
            "unknown type" => (MoqErrorCode.Decode, "type 3"),
            "duplicate parameter id" => (MoqErrorCode.ProtocolViolation, "parameter id .* a second time"),
            "repeated hop id" => (MoqErrorCode.ProtocolViolation, "hop id .* twice"),
            "invalid path" => (MoqErrorCode.ProtocolViolation, "path .* slash"),
            "frame end without group end" => (MoqErrorCode.ProtocolViolation, "no group end"),
            "frame end below frame start" => (MoqErrorCode.ProtocolViolation, "lower than the frame start"),
            "inverted range" => (MoqErrorCode.ProtocolViolation, "lower than the start group"),
            "timescale is zero" => (MoqErrorCode.ProtocolViolation, "timescale .* is 0"),
            "too many hops" => (MoqErrorCode.BoundsExceeded, "more than 32"),
            "uri too long" => (MoqErrorCode.BoundsExceeded, "more than 8192"),
            _ => throw new FormatException($"The vector has an unknown error: {error}."),
        };
    }
}
