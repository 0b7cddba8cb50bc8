namespace IrohMoq.Tool.Streams;

/// <summary>
/// Represents a file that is replaced only when its new content is complete. Until then the content is in a second file beside it, whose
/// name ends with .part.
/// </summary>
internal sealed class PartFile
{
    private readonly string _path;

    /// <summary>Initializes a new instance of the <see cref="PartFile"/> class, and checks whether the file can be replaced.</summary>
    /// <exception cref="IOException">The file cannot be replaced.</exception>
    public PartFile(string path)
    {
        // The file that a symbolic link refers to is replaced, not the link.
        var isLink = new FileInfo(path).LinkTarget is not null;
        var target = isLink ? File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName : path;
        _path = Path.GetFullPath(target);
        PartPath = $"{_path}.part";
        var folder = Path.GetDirectoryName(_path) ?? "/";
        if (path.EndsWith('/') || Path.GetFileName(_path).Length == 0)
            throw new IOException($"--output: '{path}' is a folder");
        if (!Directory.Exists(folder))
            throw new IOException($"--output: there is no folder '{folder}'");
        if (!OperatingSystem.IsWindows() && (!Posix.CanWrite(folder) || (File.Exists(_path) && !Posix.CanWrite(_path))))
            throw new IOException($"--output: '{_path}' is read-only here");
    }

    /// <summary>Gets the path of the file with the incomplete content.</summary>
    public string PartPath { get; }

    /// <summary>Creates the second file.</summary>
    public FileStream Open()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0,
        };
        var file = new FileStream(PartPath, options);
        if (!OperatingSystem.IsWindows() && File.Exists(_path))
            File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(_path));
        return file;
    }

    /// <summary>Replaces the file with the complete content, which is empty if nothing was written.</summary>
    public void Replace() => File.Move(PartPath, _path, overwrite: true);

    /// <summary>Keeps what has been written, unless it is empty.</summary>
    /// <returns>A sentence that names it, or null if there is nothing.</returns>
    public string? Keep()
    {
        var length = File.Exists(PartPath) ? new FileInfo(PartPath).Length : 0;
        if (length > 0)
            return $"'{_path}' is unchanged; the {length:N0} bytes that have arrived are in '{PartPath}'";
        File.Delete(PartPath);
        return null;
    }
}
