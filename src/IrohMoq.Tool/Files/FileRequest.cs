using System.Text.Json.Serialization;

namespace IrohMoq.Tool.Files;

/// <summary>Represents a line of a request: a file of which the receiver requests the bytes from an offset on.</summary>
internal sealed record FileRequest
{
    /// <summary>Gets the index of the file in the manifest; the first entry has the index 0.</summary>
    public required int File { get; init; }

    /// <summary>Gets the number of bytes that the receiver has already.</summary>
    public long Offset { get; init; }

    /// <summary>
    /// Gets the SHA-256 hash of the bytes that the receiver has, in hexadecimal digits. The sender begins at 0 if its bytes have another
    /// hash. Without the hash, the sender begins at the offset: with the offset at the end of the file, only the hash of the file is sent.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sha256 { get; init; }
}
