using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Files;

/// <summary>
/// Finds the files that the arguments of <c>moq send</c> name, and checks that each of them can be read. A symbolic link that is an
/// argument is followed; symbolic links inside folders are skipped.
/// </summary>
internal sealed class SourceScan(IOutput output, CheckProgress progress, CancellationToken cancellationToken)
{
    private readonly List<SourceFile> _files = [];

    /// <summary>Returns the files and empty folders in the order of their paths. The progress is reported.</summary>
    /// <param name="arguments">The paths of files and folders.</param>
    /// <param name="output">The output.</param>
    /// <param name="runtime">The clock of the reports.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    /// <exception cref="UsageException">An argument does not exist, or two arguments have the same name.</exception>
    /// <exception cref="IOException">A file cannot be read, or cannot be transferred.</exception>
    public static async Task<IReadOnlyList<SourceFile>> FindAsync(
        IReadOnlyList<string> arguments, IOutput output, Runtime runtime, CancellationToken cancellationToken)
    {
        var progress = new CheckProgress(total: null);
        var reports = new ProgressReports(output, runtime, progress.Describe);
        await using var reportsEnd = reports.ConfigureAwait(false);
        return Find(arguments, output, progress, cancellationToken);
    }

    private static List<SourceFile> Find(
        IReadOnlyList<string> arguments, IOutput output, CheckProgress progress, CancellationToken cancellationToken)
    {
        var scan = new SourceScan(output, progress, cancellationToken);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var argument in arguments)
            scan.AddArgument(argument, names);
        scan._files.Sort(static (left, right) => string.CompareOrdinal(left.Entry.Path, right.Entry.Path));
        var entries = scan._files.ConvertAll(static file => file.Entry);
        return Manifest.FindProblem(entries) is { } problem ? throw new IOException($"cannot be sent: {problem}") : scan._files;
    }

    private void AddArgument(string argument, HashSet<string> names)
    {
        if (argument.Length == 0)
            throw new UsageException("a file name is empty");
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(argument));
        var name = Path.GetFileName(full);
        if (name.Length == 0)
            throw new UsageException($"'{TerminalText.Escape(argument)}' has no name; name the folders in it");
        if (!names.Add(name))
        {
            throw new UsageException(
                $"two arguments have the name '{TerminalText.Escape(name)}'; send their common folder, or send them one after the other");
        }

        if (FileStatus.TryGet(full, follow: true) is not { } status)
            throw new UsageException($"'{TerminalText.Escape(argument)}' does not exist");
        // The links on the way to an argument are resolved once, so that a later change of a link has no effect.
        if (FileStatus.TryGet(full, follow: false) is { Kind: FileKind.SymbolicLink })
            full = new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
        Add(name, full, status);
    }

    private void Add(string path, string full, FileStatus status)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_files.Count >= Manifest.MaxEntries)
            throw new IOException($"there are more than {Manifest.MaxEntries} files; pack them into an archive first");
        switch (status.Kind)
        {
            case FileKind.File:
                AddFile(path, full, status);
                break;
            case FileKind.Folder:
                AddFolder(path, full, status);
                break;
            case FileKind.SymbolicLink:
                output.Report(new SkippedFile(path, "a symbolic link inside a folder is not followed"));
                break;
            default:
                throw new IOException($"'{TerminalText.Escape(full)}' is a FIFO, a socket or a device, which cannot be sent as a file");
        }
    }

    private void AddFile(string path, string full, FileStatus status)
    {
        var entry = new FileEntry
        {
            Path = path, Size = status.Size, Modified = status.Modified, Executable = status.IsExecutable,
        };
        var file = new SourceFile(entry, full, status);
        // Opened once, so that a file that cannot be read is refused before a ticket is printed.
        file.Open().Dispose();
        _files.Add(file);
        progress.AddFile(status.Size);
    }

    private void AddFolder(string path, string full, FileStatus status)
    {
        var count = _files.Count;
        foreach (var child in Directory.EnumerateFileSystemEntries(full))
        {
            var name = Path.GetFileName(child);
            var childPath = $"{path}/{name}";
            if (name.EndsWith(TransferPath.PartSuffix, StringComparison.Ordinal))
            {
                output.Report(new SkippedFile(childPath, "it is a part of an unfinished 'moq receive'"));
                continue;
            }

            var childStatus = FileStatus.TryGet(child, follow: false) ?? throw new IOException(
                $"'{TerminalText.Escape(child)}' cannot be read; it was removed, or its name is not valid UTF-8");
            Add(childPath, child, childStatus);
        }

        // A folder whose contents are all skipped is created by the receiver as well.
        if (_files.Count == count)
            _files.Add(new SourceFile(new FileEntry { Path = path, Modified = status.Modified, Folder = true }, full, status));
    }
}
