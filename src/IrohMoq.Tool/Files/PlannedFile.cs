using System.Security.Cryptography;

namespace IrohMoq.Tool.Files;

/// <summary>Represents a file that a receiver requests.</summary>
/// <param name="Entry">The entry in the manifest.</param>
/// <param name="Request">The request.</param>
internal sealed record PlannedFile(FileEntry Entry, FileRequest Request) : IDisposable
{
    /// <summary>Gets the hash of the existing file with the same size, in hexadecimal digits, or null if there is none.</summary>
    public string? ExistingHash { get; init; }

    /// <summary>Gets the hash, to be continued, of the bytes of the unfinished file, or null if there are none.</summary>
    public IncrementalHash? PartHash { get; init; }

    public void Dispose() => PartHash?.Dispose();
}
