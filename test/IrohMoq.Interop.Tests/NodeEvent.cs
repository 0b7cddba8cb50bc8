using System.Text.Json;

namespace IrohMoq.Interop.Tests;

/// <summary>One line that a Node peer told. README.md of test/interop lists the events and their fields.</summary>
internal sealed class NodeEvent(JsonElement json)
{
    public string Name => Text("event");

    /// <summary>Determines whether the event has a field that is not null.</summary>
    public bool Has(string field) => json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null;

    public string Text(string field) => Field(field).GetString() ?? throw Missing(field);

    public long Number(string field) => Field(field).GetInt64();

    public bool Flag(string field) => Field(field).GetBoolean();

    /// <summary>Returns a list of texts, such as addresses.</summary>
    public IReadOnlyList<string> Texts(string field) =>
        [.. Field(field).EnumerateArray().Select(item => item.GetString() ?? throw Missing(field))];

    public override string ToString() => json.GetRawText();

    private JsonElement Field(string field) => json.TryGetProperty(field, out var value) ? value : throw Missing(field);

    private AssertionException Missing(string field) => new($"The event {json.GetRawText()} has no '{field}'.");
}
