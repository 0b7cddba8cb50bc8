using System.Buffers;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Represents the list of the files that a sender offers.</summary>
/// <param name="Entries">The files and the empty folders. No path occurs twice, and no file is the folder of another entry.</param>
internal sealed record Manifest(IReadOnlyList<FileEntry> Entries)
{
    public const string Format = "moq-files";
    public const int Version = 1;

    /// <summary>The maximum number of entries.</summary>
    public const int MaxEntries = 200_000;

    /// <summary>The maximum size of the encoded manifest, in bytes.</summary>
    public const int MaxBytes = 28 << 20;

    private const string What = "a list of files";

    /// <summary>Gets the number of files.</summary>
    public int FileCount => Entries.Count(static entry => !entry.Folder);

    /// <summary>Gets the size of all files together, in bytes.</summary>
    public long TotalSize => Entries.Sum(static entry => entry.Size);

    /// <summary>Returns what is wrong with the entries, or null if they can be transferred.</summary>
    public static string? FindProblem(IReadOnlyList<FileEntry> entries)
    {
        if (entries.Count > MaxEntries)
            return $"there are more than {MaxEntries} files";
        var files = new HashSet<string>(entries.Count, StringComparer.Ordinal);
        var total = 0L;
        foreach (var entry in entries)
        {
            if (TransferPath.FindProblem(entry.Path) is { } problem)
                return $"'{TerminalText.Escape(entry.Path)}': {problem}";
            if (!files.Add(entry.Path))
                return $"'{TerminalText.Escape(entry.Path)}' is listed twice";
            if (entry.Size < 0 || (entry.Folder && entry.Size != 0) || entry.Size > long.MaxValue - total)
                return $"'{TerminalText.Escape(entry.Path)}' has an impossible size";
            total += entry.Size;
        }

        foreach (var entry in entries)
        {
            for (var end = entry.Path.LastIndexOf('/'); end > 0; end = entry.Path.LastIndexOf('/', end - 1))
            {
                // An empty folder that has entries is not empty.
                if (files.Contains(entry.Path[..end]))
                    return $"'{TerminalText.Escape(entry.Path[..end])}' is listed, and is also the folder of another entry";
            }
        }

        return null;
    }

    /// <summary>Returns the encoded manifest.</summary>
    public byte[] Encode()
    {
        var lines = new ArrayBufferWriter<byte>();
        JsonLines.Append(
            lines,
            new ManifestHeader { Format = Format, Version = Version, Entries = Entries.Count },
            FilesJson.Default.ManifestHeader);
        foreach (var entry in Entries)
            JsonLines.Append(lines, entry, FilesJson.Default.FileEntry);
        return lines.WrittenSpan.ToArray();
    }

    /// <summary>Decodes a manifest that a peer sent, and checks every entry.</summary>
    /// <exception cref="TransferException">The manifest is malformed, or an entry is not allowed.</exception>
    public static Manifest Decode(ReadOnlySpan<byte> lines)
    {
        var header = JsonLines.Take(ref lines, FilesJson.Default.ManifestHeader, What);
        if (header.Format != Format || header.Version != Version)
        {
            throw new TransferException(
                $"the sender uses version {header.Version} of the format '{TerminalText.Escape(header.Format)}', this program version "
                + $"{Version} of '{Format}'; use the same version of moq on both sides");
        }

        if (header.Entries is < 0 or > MaxEntries)
            throw new TransferException($"the sender offers {header.Entries} files; at most {MaxEntries} are accepted");
        var entries = new List<FileEntry>(Math.Min(header.Entries, 1024));
        for (var i = 0; i < header.Entries; i++)
            entries.Add(JsonLines.Take(ref lines, FilesJson.Default.FileEntry, What));
        if (!lines.IsEmpty)
            throw new TransferException($"the peer sent {What} that is longer than its header says");
        if (FindProblem(entries) is { } problem)
            throw new TransferException($"the list of files was refused: {problem}");
        return new Manifest(entries);
    }
}
