using System.Security.Cryptography;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Files;

/// <summary>Represents what a receiver requests, after the manifest was compared with the target folder.</summary>
internal sealed class ReceivePlan : IDisposable
{
    private readonly TargetFolder _target;
    private readonly bool _isForced;
    private readonly CheckProgress _progress;

    private ReceivePlan(TargetFolder target, bool isForced, CheckProgress progress)
    {
        _target = target;
        _isForced = isForced;
        _progress = progress;
    }

    /// <summary>Gets the files to request, in the order of the manifest.</summary>
    public List<PlannedFile> Files { get; } = [];

    /// <summary>Gets the empty folders to create.</summary>
    public List<string> Folders { get; } = [];

    /// <summary>Gets the entries that cannot be received.</summary>
    public List<FailedFile> Refused { get; } = [];

    /// <summary>Gets the number of bytes that the requested files need in addition to what exists.</summary>
    public long NeededSpace => Files.Sum(static file => file.Entry.Size - file.Request.Offset);

    /// <summary>Compares a manifest with a target folder. Nothing is written.</summary>
    /// <param name="manifest">The checked manifest.</param>
    /// <param name="target">The target folder.</param>
    /// <param name="isForced">True to replace existing files that differ.</param>
    /// <param name="progress">Counts the files and bytes of the manifest that are compared.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    public static async Task<ReceivePlan> CreateAsync(
        Manifest manifest, TargetFolder target, bool isForced, CheckProgress progress, CancellationToken cancellationToken)
    {
        var plan = new ReceivePlan(target, isForced, progress);
        try
        {
            for (var i = 0; i < manifest.Entries.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var entry = manifest.Entries[i];
                var end = progress.Bytes + entry.Size;
                if (await plan.AddAsync(i, entry, cancellationToken).ConfigureAwait(false) is { } problem)
                    plan.Refused.Add(new FailedFile(entry.Path, problem));
                progress.AddFile(end - progress.Bytes);
            }
        }
        catch
        {
            plan.Dispose();
            throw;
        }

        return plan;
    }

    public void Dispose()
    {
        foreach (var file in Files)
            file.Dispose();
    }

    /// <summary>Adds an entry.</summary>
    /// <returns>The reason if the entry cannot be received; otherwise null.</returns>
    private async ValueTask<string?> AddAsync(int index, FileEntry entry, CancellationToken cancellationToken)
    {
        var folder = entry.Folder ? entry.Path : Path.GetDirectoryName(entry.Path) ?? "";
        if (_target.FindObstacle(folder) is { } obstacle)
            return obstacle;
        if (entry.Folder)
        {
            Folders.Add(entry.Path);
            return null;
        }

        var path = _target.PathOf(entry.Path);
        if (FileStatus.TryGet(path, follow: false) is not { } existing)
            return await AddPartAsync(index, entry, cancellationToken).ConfigureAwait(false);
        if (existing.Kind != FileKind.File)
            return "it exists and is not a file; remove it, or receive into another folder";
        if (_target.Protected is { } key && existing.IsSameFile(key))
            return "it is the file of --secret-key, which is not replaced";
        if (existing.Size != entry.Size)
        {
            return _isForced
                ? await AddPartAsync(index, entry, cancellationToken).ConfigureAwait(false)
                : $"it exists with another size ({existing.Size} bytes, not {entry.Size}); use --force to replace it";
        }

        using var file = FileStatus.OpenForReading(path);
        var hash = await FileHashing.ComputeAsync(file, entry.Size, _progress.AddBytes, cancellationToken).ConfigureAwait(false);
        // Without the hash in the request, the sender only reports the hash of its file.
        var request = new FileRequest { File = index, Offset = entry.Size, Sha256 = _isForced ? hash : null };
        Files.Add(new PlannedFile(entry, request) { ExistingHash = hash });
        return null;
    }

    private async ValueTask<string?> AddPartAsync(int index, FileEntry entry, CancellationToken cancellationToken)
    {
        var path = _target.PartPathOf(entry.Path);
        switch (FileStatus.TryGet(path, follow: false))
        {
            case { Kind: not FileKind.File }:
                return $"'{TerminalText.Escape(Path.GetFileName(path))}' exists and is not a file; remove it";
            case { Size: > 0 and var size } when size <= entry.Size:
                using (var file = FileStatus.OpenForReading(path))
                {
                    var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                    var offset = await FileHashing
                        .AppendAsync(hash, file, size, _progress.AddBytes, cancellationToken).ConfigureAwait(false);
                    var known = Convert.ToHexStringLower(hash.GetCurrentHash());
                    var request = new FileRequest { File = index, Offset = offset, Sha256 = known };
                    Files.Add(new PlannedFile(entry, request) { PartHash = hash });
                }

                return null;
            default:
                Files.Add(new PlannedFile(entry, new FileRequest { File = index }));
                return null;
        }
    }
}
