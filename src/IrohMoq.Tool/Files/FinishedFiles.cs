using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>
/// Gives received files their final names, in batches: the files of a batch are written to the disk together, because doing this for
/// each of many small files takes long. Files that are not renamed, because the program ends, count as unfinished the next time.
/// </summary>
/// <param name="target">The target folder.</param>
/// <param name="replaces">True to replace existing files.</param>
/// <param name="output">The output that reports each file.</param>
internal sealed class FinishedFiles(TargetFolder target, bool replaces, IOutput output) : IDisposable
{
    private const int BatchFiles = 512;
    private const long BatchBytes = 32 << 20;

    private readonly List<(PartFile Part, ReceivedFile File)> _batch = [];
    private long _bytes;

    /// <summary>Gets the number of files that have their final names.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the number of files that could not be given their final names. Their parts stay.</summary>
    public int Failed { get; private set; }

    /// <summary>Adds a file whose contents are complete and verified.</summary>
    public async ValueTask AddAsync(PartFile part, ReceivedFile file)
    {
        _batch.Add((part, file));
        _bytes += file.Size;
        if (_batch.Count >= BatchFiles || _bytes >= BatchBytes)
            await RenameAsync().ConfigureAwait(false);
    }

    /// <summary>Renames the last files, and writes the names to the disk.</summary>
    public async Task CompleteAsync()
    {
        await RenameAsync().ConfigureAwait(false);
        if (Count > 0)
            await SyncAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var (part, _) in _batch)
            part.Dispose();
    }

    private async Task RenameAsync()
    {
        if (_batch.Count == 0)
            return;
        await SyncAsync().ConfigureAwait(false);
        foreach (var (part, file) in _batch)
        {
            Report(TryRename(part, file), file);
            // The file is locked until it has its name, so that no other receiver writes to it.
            part.Dispose();
        }

        _batch.Clear();
        _bytes = 0;
    }

    /// <returns>The reason if the file cannot be renamed; otherwise null.</returns>
    private string? TryRename(PartFile part, ReceivedFile file)
    {
        try
        {
            File.Move(part.Path, target.PathOf(file.Path), replaces);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"it cannot get its name: {TerminalText.Escape(ExceptionText.Reason(failure))}; what was received is kept";
        }
    }

    private void Report(string? problem, ReceivedFile file)
    {
        if (problem is null)
            Count++;
        else
            Failed++;
        output.Report(problem is null ? file : new FailedFile(file.Path, problem));
    }

    // On a thread of its own, because it may take seconds, in which the session needs the threads of the pool.
    private Task SyncAsync() => Task.Factory.StartNew(
        () => FileSystems.Sync(target.Root), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
