using System.Text.Json;

namespace IrohMoq.Tool.Output;

/// <summary>Represents an event that a command reports: a line of text for people, or a JSON object for programs.</summary>
/// <param name="Name">The value of the <c>event</c> field of the JSON object.</param>
internal abstract record OutputEvent(string Name)
{
    /// <summary>Gets the line for people, without control characters, or null if the event is reported as JSON only.</summary>
    public abstract string? Text { get; }

    /// <summary>Writes the fields of the JSON object that follow the field <c>event</c>.</summary>
    public abstract void WriteFields(Utf8JsonWriter json);
}
