using System.Text;
using IrohMoq.Tool.Output;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Streams;

/// <summary>
/// Represents a file that is replaced only when its new content is complete. Until then the content is in a second file beside it, whose
/// name ends with .part, and which no other process writes at the same time.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const int MaxNameBytes = 255;

    private readonly string _path;
    private readonly SafeFileHandle _part;
    private bool _isReplaced;

    /// <summary>Initializes a new instance of the <see cref="OutputFile"/> class, and creates the second file, which is empty.</summary>
    /// <exception cref="IOException">The file cannot be replaced, or the second file cannot be written or contains something.</exception>
    public OutputFile(string path)
    {
        _path = Resolve(path);
        PartPath = PartPathOf(path);
        Check(path);
        _part = Open();
        try
        {
            // What an earlier run has received, or what belongs to another program, is not overwritten.
            if (RandomAccess.GetLength(_part) > 0)
            {
                throw new IOException(
                    $"--output: '{PartPath}' exists; it is what an earlier run has received, or belongs to another program. "
                    + "Move or remove it");
            }

            if (!OperatingSystem.IsWindows() && File.Exists(_path))
                File.SetUnixFileMode(_part, File.GetUnixFileMode(_path));
        }
        catch
        {
            _part.Dispose();
            throw;
        }
    }

    /// <summary>Gets the path of the file with the incomplete content.</summary>
    public string PartPath { get; }

    /// <summary>Returns the path of the file that has the incomplete content of another one.</summary>
    public static string PartPathOf(string path) => $"{Resolve(path)}.part";

    /// <summary>Returns the path of the file with the incomplete content, or null if the target is not a file.</summary>
    /// <param name="path">The path of a file, - for standard output, or null for no target.</param>
    public static string? PartPathOrNull(string? path) => path is { Length: > 0 } and not "-" ? PartPathOf(path) : null;

    /// <summary>Returns a stream that writes to the second file. Closing it does not end the lock of the file.</summary>
    public FileStream OpenStream() => new(Posix.Duplicate(_part), FileAccess.Write, bufferSize: 0);

    /// <summary>Replaces the file with the complete content, which is empty if nothing was written, and writes both to the disk.</summary>
    /// <exception cref="IOException">The content cannot be written to the disk, or the file cannot be replaced.</exception>
    public async ValueTask ReplaceAsync(CancellationToken cancellationToken)
    {
        // Before the rename, so that the file has its old bytes or its new ones also after a failure of the power.
        await FlushAsync(_part, cancellationToken).ConfigureAwait(false);
        // The lock is kept until the file has its name, so that no other process writes to it.
        File.Move(PartPath, _path, overwrite: true);
        _isReplaced = true;
        if (OperatingSystem.IsWindows())
            return;
        using var folder = FileStatus.OpenForReading(Path.GetDirectoryName(_path)!);
        await FlushAsync(folder, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns a sentence that names what has been written, or null if nothing was written.</summary>
    public string? Describe() => !_isReplaced && RandomAccess.GetLength(_part) is > 0 and var length
        ? $"'{_path}' is unchanged; what has arrived, {Amount.Of(length, "byte")}, is in '{PartPath}'"
        : null;

    /// <summary>Ends the lock, and deletes the second file if it is empty.</summary>
    public void Dispose()
    {
        if (_part.IsClosed)
            return;
        try
        {
            if (!_isReplaced && RandomAccess.GetLength(_part) == 0)
                File.Delete(PartPath);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The exception that ends the command is not replaced by this one. The next run uses the empty file again.
        }

        _part.Dispose();
    }

    /// <summary>
    /// Returns the full path of a file, or of the file that a symbolic link refers to: that file is replaced, not the link.
    /// </summary>
    private static string Resolve(string path)
    {
        var isLink = new FileInfo(path).LinkTarget is not null;
        return Path.GetFullPath(isLink ? File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName : path);
    }

    /// <summary>Writes a file to the disk. The wait, which may take seconds, can be canceled.</summary>
    private static Task<bool> FlushAsync(SafeFileHandle file, CancellationToken cancellationToken) => BackgroundCall.RunAsync(
        () =>
        {
            RandomAccess.FlushToDisk(file);
            return true;
        },
        cancellationToken);

    private void Check(string path)
    {
        var folder = Path.GetDirectoryName(_path) ?? "/";
        if (path.EndsWith('/') || Path.GetFileName(_path).Length == 0)
            throw new IOException($"--output: '{path}' is a folder");
        if (!Directory.Exists(folder))
            throw new IOException($"--output: there is no folder '{folder}'");
        if (Encoding.UTF8.GetByteCount(Path.GetFileName(PartPath)) > MaxNameBytes)
            throw new IOException($"--output: the name of '{path}' is too long; with .part it may have at most {MaxNameBytes} bytes");
        if (OperatingSystem.IsWindows())
            return;
        if (File.Exists(_path) && !Posix.CanWrite(_path))
            throw new IOException($"--output: '{_path}' is read-only here");
        if (FileStatus.IsMountPoint(_path))
            throw new IOException($"--output: '{_path}' is a mount point, which cannot be replaced; '--output - >FILE' writes to it");
        if (!Posix.CanWrite(folder))
        {
            throw new IOException(
                $"--output: the folder '{folder}' is read-only here, so that the file cannot be replaced as a whole; "
                + "'--output - >FILE' writes to the file itself");
        }
    }

    private SafeFileHandle Open()
    {
        try
        {
            return LockedFile.Open(PartPath, "moq subscribe");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--output: {failure.Message}", failure);
        }
    }
}
