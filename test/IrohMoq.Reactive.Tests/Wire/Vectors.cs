using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>
/// Gives access to the reference vectors. The JavaScript reference wrote those of moq-lite-01 to 05 (vectors.json), those of 06 are made by
/// hand from the draft (vectors-06.json). Both files say how they were made. Not read are the entries of moq-lite-01 and 02 and of
/// lite-06-wip, which are protocols that this library does not speak, and the part about QMux and WebSocket, which are not transports of
/// it.
/// </summary>
internal static class Vectors
{
    private static readonly JsonElement[] Roots = [Load("vectors.json"), Load("vectors-06.json")];

    public static IEnumerable<JsonElement> Messages => Spoken("messages").Where(v => !v.IsFrame());

    public static IEnumerable<JsonElement> Malformed => Spoken("malformed").Where(v => !v.IsFrame());

    public static IEnumerable<JsonElement> Prefixes => Spoken("prefixes");

    public static JsonElement Section(string name) => Roots[0].GetProperty(name);

    /// <summary>Gets the names of the sections of both files.</summary>
    public static IEnumerable<string> Sections =>
        Roots.SelectMany(static root => root.EnumerateObject()).Select(static section => section.Name).Distinct();

    /// <summary>Returns the entries of a section about sessions of moq-lite-06.</summary>
    public static IEnumerable<JsonElement> OfSessions(string section) => Roots[1].GetProperty(section).EnumerateArray();

    /// <summary>Returns the entries of a section, of both files, whose version is known.</summary>
    public static IEnumerable<JsonElement> Spoken(string section) =>
        from root in Roots
        where root.TryGetProperty(section, out _)
        from vector in root.GetProperty(section).EnumerateArray()
        where MoqVersions.TryFromAlpn($"moq-{vector.Text("version")}", out _)
        select vector;

    /// <summary>Returns the streams types of each file.</summary>
    public static IEnumerable<JsonElement> StreamTypes => Roots.Select(root => root.GetProperty("streamTypes"));

    public static MoqVersion Version(this JsonElement vector) =>
        MoqVersions.TryFromAlpn($"moq-{vector.Text("version")}", out var version) ? version : throw new FormatException($"{vector}");

    /// <summary>Determines whether a vector is about frames or datagrams, which have no message length.</summary>
    public static bool IsFrame(this JsonElement vector) => vector.Text("message") is "FRAME" or "DATAGRAM";

    public static string Text(this JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    public static byte[] Bytes(this JsonElement vector, string name = "hex") => Convert.FromHexString(vector.Text(name));

    // Integers above 2^53 - 1 are decimal strings.
    public static ulong? Number(this JsonElement vector, string name) => vector.TryGetProperty(name, out var value) ? value.Number() : null;

    public static ulong Number(this JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? ulong.Parse(value.GetString()!) : value.GetUInt64();

    public static TestCaseData Case(JsonElement vector) => new TestCaseData(vector).SetArgDisplayNames(vector.Text("name"));

    private static JsonElement Load(string name)
    {
        using var stream = typeof(Vectors).Assembly.GetManifestResourceStream(name)!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
