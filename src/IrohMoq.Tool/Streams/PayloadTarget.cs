namespace IrohMoq.Tool.Streams;

/// <summary>
/// Represents the target of the payloads of a track: a file, which is replaced as a whole, a descriptor, or nothing.
/// </summary>
internal sealed class PayloadTarget : IDisposable
{
    private readonly BackgroundWriter? _writer;
    private readonly OutputFile? _file;

    private PayloadTarget(BackgroundWriter? writer, OutputFile? file = null)
    {
        _writer = writer;
        _file = file;
        Broken = writer?.Broken ?? CancellationToken.None;
    }

    /// <summary>Gets the token that is canceled when the target cannot be written.</summary>
    public CancellationToken Broken { get; }

    /// <summary>Gets the reason why the target cannot be written, or null while it can.</summary>
    public IOException? Failure => _writer?.Failure;

    /// <summary>Gets a value indicating whether the target is a file, which keeps its old bytes unless the new ones are complete.</summary>
    public bool IsFile => _file is not null;

    /// <summary>Checks whether a target can be written, and returns it. A file that exists is not changed.</summary>
    /// <param name="path">The path of a file, - for standard output, or null for no target.</param>
    /// <exception cref="UsageException">The path cannot be that of a target.</exception>
    /// <exception cref="IOException">The target cannot be written.</exception>
    public static PayloadTarget Create(string? path)
    {
        if (path is null)
            return new PayloadTarget(null);
        if (path is "-")
            return new PayloadTarget(StandardStreams.Output);
        if (path.Length == 0)
            throw new UsageException("--output takes the path of a file, or -; it is empty");
        switch (FileStatus.TryGet(path, follow: true)?.Kind)
        {
            case FileKind.Folder:
                throw new IOException($"--output: '{path}' is a folder");
            case FileKind.Special:
                return new PayloadTarget(CreateSpecialWriter(path));
            default:
                var file = new OutputFile(path);
                return new PayloadTarget(new BackgroundWriter($"'{file.PartPath}'", file.OpenStream), file);
        }
    }

    /// <summary>Opens a target other than a file, and notices from now on if its reader goes away.</summary>
    public void Start()
    {
        if (_file is null)
            _writer?.Start();
    }

    /// <summary>Waits until a target other than a file is open, or cannot be opened.</summary>
    public Task WaitForOpenAsync(CancellationToken cancellationToken) =>
        _file is null && _writer is not null ? _writer.Start().WaitForOpenAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Adds a payload, and waits while too much waits to be written.</summary>
    public ValueTask AddAsync(ReadOnlySpan<byte> payload, CancellationToken cancellationToken)
    {
        if (_writer is null)
            return ValueTask.CompletedTask;
        var flush = _writer.Start().Append(payload, cancellationToken);
        if (!flush.IsCompletedSuccessfully)
            return WaitAsync(flush);
        flush.GetAwaiter().GetResult();
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits until everything is written, and replaces the file.</summary>
    /// <exception cref="IOException">The target cannot be written.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_writer is null)
            return;
        await _writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        if (_file is not null)
            await _file.ReplaceAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the writing without success: the old file is left as it is.</summary>
    /// <returns>A sentence that names the file with what has arrived, or null if there is none.</returns>
    public async ValueTask<string?> AbandonAsync(CancellationToken cancellationToken)
    {
        if (_file is null || _writer is not { Added: > 0 })
            return null;
        try
        {
            await _writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // What could be written is there.
        }

        return _file.Describe();
    }

    /// <summary>Releases the file, and deletes its second file if nothing was written.</summary>
    public void Dispose() => _file?.Dispose();

    private static BackgroundWriter CreateSpecialWriter(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Open, Access = FileAccess.Write, Share = FileShare.ReadWrite, BufferSize = 0,
        };
        FileStream? target = null;
        return new BackgroundWriter(
            $"'{path}'", () => target = new FileStream(path, options), () => target is not null && StandardStreams.IsBroken(target));
    }

    private static async ValueTask WaitAsync(ValueTask<System.IO.Pipelines.FlushResult> flush) => await flush.ConfigureAwait(false);
}
