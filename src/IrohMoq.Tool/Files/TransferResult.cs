using System.Text.Json.Serialization;

namespace IrohMoq.Tool.Files;

/// <summary>Represents what the receiver reports when it has finished: the content of the track <c>result</c>.</summary>
internal sealed record TransferResult
{
    /// <summary>Gets a value indicating whether the receiver has every file of the manifest, verified.</summary>
    public required bool Complete { get; init; }

    /// <summary>Gets the reason if the receiver has not every file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }
}
