using System.Text.Json;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>What the reference implementation wrote and how it judged malformed input; vectors.json tells how it was made.</summary>
internal static class Vectors
{
    private static readonly JsonElement Root = Load();

    public static IEnumerable<JsonElement> Messages => Lite03("messages");

    public static IEnumerable<JsonElement> Malformed => Lite03("malformed");

    public static IEnumerable<JsonElement> Prefixes => Lite03("prefixes");

    public static JsonElement Section(string name) => Root.GetProperty(name);

    public static string Text(this JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    public static byte[] Bytes(this JsonElement vector, string name = "hex") => Convert.FromHexString(vector.Text(name));

    // Integers above 2^53 - 1 are decimal strings.
    public static ulong? Number(this JsonElement vector, string name) => vector.TryGetProperty(name, out var value)
        ? value.ValueKind == JsonValueKind.String ? ulong.Parse(value.GetString()!) : value.GetUInt64()
        : null;

    private static IEnumerable<JsonElement> Lite03(string section) =>
        Section(section).EnumerateArray().Where(vector => vector.Text("version") == "lite-03");

    private static JsonElement Load()
    {
        using var stream = typeof(Vectors).Assembly.GetManifestResourceStream("vectors.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
