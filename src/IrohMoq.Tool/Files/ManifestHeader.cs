namespace IrohMoq.Tool.Files;

/// <summary>Represents the first line of the manifest.</summary>
internal sealed record ManifestHeader
{
    /// <summary>Gets the name of the format, which is <see cref="Manifest.Format"/>.</summary>
    public required string Format { get; init; }

    /// <summary>Gets the version of the format.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the number of entries, each on a line of its own.</summary>
    public required int Entries { get; init; }
}
