using System.Text.Json.Serialization;

namespace IrohMoq.Tool.Files;

/// <summary>Represents a line of the manifest: a file, or an empty folder.</summary>
internal sealed record FileEntry
{
    /// <summary>Gets the relative path, with slashes between the names.</summary>
    public required string Path { get; init; }

    /// <summary>Gets the size in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Gets the time of the last change of the contents.</summary>
    public DateTimeOffset? Modified { get; init; }

    /// <summary>Gets a value indicating whether the file may be executed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Executable { get; init; }

    /// <summary>Gets a value indicating whether the entry is an empty folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Folder { get; init; }
}
