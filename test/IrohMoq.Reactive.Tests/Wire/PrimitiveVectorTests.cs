using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Checks varints, strings, paths and stream types against the reference vectors.</summary>
public sealed class PrimitiveVectorTests
{
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
        foreach (var types in Vectors.StreamTypes)
        {
            foreach (var type in types.GetProperty("bidi").EnumerateArray().Where(type => !type.Text("name").EndsWith("Compat")))
                Assert.That((ulong)Enum.Parse<BidiStreamType>(type.Text("name")), Is.EqualTo(type.Number("id")));
            foreach (var type in types.GetProperty("uni").EnumerateArray())
                Assert.That((ulong)Enum.Parse<UniStreamType>(type.Text("name")), Is.EqualTo(type.Number("id")));
        }
    }
}
