using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Every moq-lite-03 vector of the reference implementation.</summary>
public sealed class VectorTests
{
    // JavaScript reads 53 bits. A peer in another language may send 62 bits, which are accepted.
    private const string TakenHereOnly = "lite-03/SUBSCRIBE/group-above-2^53";

    private static IEnumerable<TestCaseData> Good() => Vectors.Messages.Select(Case);

    private static IEnumerable<TestCaseData> Bad() => Vectors.Malformed.Select(Case);

    private static IEnumerable<TestCaseData> Prefixes() =>
        Vectors.Prefixes.Select(v => new TestCaseData(v).SetArgDisplayNames(v.Text("message")));

    [Test]
    public void Vectors_AreAllThere()
    {
        Assert.That(Vectors.Messages.Count(), Is.EqualTo(43));
        Assert.That(Vectors.Malformed.Count(), Is.EqualTo(94));
        Assert.That(Vectors.Messages.Select(v => v.Text("message")).Distinct(), Is.EquivalentTo(MessageKind.All.Select(kind => kind.Name)));
        Assert.That(Vectors.Prefixes.Select(v => v.Text("message")), Is.EquivalentTo(MessageKind.All.Select(kind => kind.Name)));
    }

    [TestCaseSource(nameof(Good))]
    public void GoodMessage_DecodesToItsFieldsAndEncodesToItsBytes(JsonElement vector)
    {
        var kind = MessageKind.Named(vector.Text("message"));
        var bytes = vector.Bytes();

        var done = kind.TryRead(bytes, out var message, out var consumed);

        Assert.That(done, Is.True);
        Assert.That(consumed, Is.EqualTo(bytes.Length));
        Assert.That(message, Is.EqualTo(kind.FromFields(vector.GetProperty("decoded"))));
        Assert.That(Convert.ToHexStringLower(kind.Encode(kind.FromFields(vector.GetProperty("fields")))), Is.EqualTo(vector.Text("hex")));
        Assert.That(Convert.ToHexStringLower(kind.Encode(message)), Is.EqualTo(vector.Text("hex")));
    }

    [TestCaseSource(nameof(Bad))]
    public void MalformedMessage_EndsAsTheReferenceEndsIt(JsonElement vector)
    {
        var kind = MessageKind.Named(vector.Text("message"));
        var bytes = vector.Bytes();
        if (vector.Text("name") == TakenHereOnly)
        {
            Assert.That(((Subscribe)kind.ReadToEnd(bytes)!.Value.Message).Terms.StartGroup, Is.EqualTo(1UL << 53));
        }
        else if (vector.Text("result") == "error")
        {
            var error = Assert.Throws<MoqProtocolException>(() => kind.ReadToEnd(bytes));
            Assert.That(error.Code, Is.EqualTo(ExpectedCode(vector.Text("error"))));
            Assert.That(error.IsRemote, Is.True);
        }
        else if (vector.GetProperty("decoded").TryGetProperty("endOfStream", out _))
        {
            Assert.That(kind.ReadToEnd(bytes), Is.Null);
        }
        else
        {
            var (message, consumed) = kind.ReadToEnd(bytes)!.Value;
            var leftover = vector.TryGetProperty("leftover", out var hex) ? hex.GetString() : "";
            Assert.That(message, Is.EqualTo(kind.FromFields(vector.GetProperty("decoded"))));
            Assert.That(Convert.ToHexStringLower(bytes.AsSpan(consumed)), Is.EqualTo(leftover));
        }
    }

    [TestCaseSource(nameof(Prefixes))]
    public void MessageCutShort_WaitsForMoreAndFailsAtTheEndOfTheStream(JsonElement vector)
    {
        var kind = MessageKind.Named(vector.Text("message"));
        var bytes = vector.Bytes();
        for (var n = 1; n < bytes.Length; n++)
        {
            Assert.That(kind.TryRead(bytes.AsSpan(0, n), out _, out var consumed), Is.False);
            Assert.That(consumed, Is.Zero);
            Assert.That(vector.GetProperty("prefixResults")[n].GetString(), Is.EqualTo("error"));
            Assert.That(() => kind.ReadToEnd(bytes.AsSpan(0, n)), Throws.TypeOf<MoqProtocolException>());
        }
    }

    [Test]
    public void Varint_IsTheReferences()
    {
        var varints = Vectors.Section("varints");
        Span<byte> buffer = stackalloc byte[Varint.MaxLength];
        foreach (var vector in varints.GetProperty("encode").EnumerateArray())
        {
            var value = vector.Number("value")!.Value;
            Assert.That(Convert.ToHexStringLower(buffer[..Varint.Write(buffer, value)]), Is.EqualTo(vector.Text("hex")));
            Assert.That(Read(vector), Is.EqualTo((true, value, vector.Bytes().Length)));
        }

        foreach (var vector in varints.GetProperty("decodeNonMinimal").EnumerateArray())
            Assert.That(Read(vector), Is.EqualTo((true, vector.Number("value")!.Value, vector.Bytes().Length)));
        foreach (var vector in varints.GetProperty("decodeErrors").EnumerateArray())
            Assert.That(Read(vector), Is.EqualTo((false, 0UL, 0)));
        Assert.That(() => Varint.Write(new byte[8], 1UL << 62), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Varint.Write(new byte[8], ulong.MaxValue), Throws.TypeOf<ArgumentOutOfRangeException>());

        static (bool, ulong, int) Read(JsonElement vector)
        {
            var done = Varint.TryRead(vector.Bytes(), out var value, out var length);
            return (done, value, length);
        }
    }

    [Test]
    public void String_IsTheReferencesButKeepsAByteOrderMark()
    {
        Span<byte> buffer = stackalloc byte[200];
        foreach (var vector in Vectors.Section("strings").EnumerateArray())
        {
            var value = vector.Text("value");
            var writer = new WireWriter(buffer);
            writer.String(value, "value");
            Assert.That(Convert.ToHexStringLower(buffer[..writer.Written]), Is.EqualTo(vector.Text("hex")));
            var reader = new WireReader("test", buffer[..writer.Written]);
            Assert.That(reader.String("value"), Is.EqualTo(value));
            reader.End();
        }
    }

    [Test]
    public void Path_IsTheReferences()
    {
        var paths = Vectors.Section("paths");
        foreach (var vector in paths.GetProperty("normalize").EnumerateArray())
            Assert.That(new BroadcastPath(vector.Text("input")).ToString(), Is.EqualTo(vector.Text("output")));
        foreach (var vector in paths.GetProperty("join").EnumerateArray())
            Assert.That(new BroadcastPath(vector.Text("prefix")).Join(vector.Text("suffix")).ToString(), Is.EqualTo(vector.Text("output")));
        foreach (var vector in paths.GetProperty("hasPrefix").EnumerateArray())
            Assert.That(
                new BroadcastPath(vector.Text("prefix")).IsPrefixOf(vector.Text("path")),
                Is.EqualTo(vector.GetProperty("output").GetBoolean()));
        foreach (var vector in paths.GetProperty("stripPrefix").EnumerateArray())
        {
            var done = new BroadcastPath(vector.Text("path")).TryStripPrefix(vector.Text("prefix"), out var suffix);
            Assert.That(done ? suffix.ToString() : null, Is.EqualTo(vector.GetProperty("output").GetString()));
        }
    }

    [Test]
    public void StreamTypes_AreTheReferences()
    {
        var types = Vectors.Section("streamTypes");
        foreach (var value in Enum.GetValues<BidiStreamType>())
            Assert.That(IdOf("bidi", value.ToString()), Is.EqualTo((ulong)value));
        foreach (var value in Enum.GetValues<UniStreamType>())
            Assert.That(IdOf("uni", value.ToString()), Is.EqualTo((ulong)value));

        ulong? IdOf(string direction, string name) =>
            types.GetProperty(direction).EnumerateArray().Single(type => type.Text("name") == name).Number("id");
    }

    private static MoqErrorCode ExpectedCode(string error) =>
        error.StartsWith("path exceeds", StringComparison.Ordinal) || error.StartsWith("hop count", StringComparison.Ordinal)
            ? MoqErrorCode.BoundsExceeded
            : MoqErrorCode.Decode;

    private static TestCaseData Case(JsonElement vector) => new TestCaseData(vector).SetArgDisplayNames(vector.Text("name"));
}
