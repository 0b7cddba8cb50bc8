using System.Security.Cryptography;
using IrohMoq.Tool.Streams;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Files;

/// <summary>
/// Represents a file while it is received. Its bytes are written to a file with the suffix <see cref="TransferPath.PartSuffix"/>.
/// </summary>
internal sealed class PartFile : IDisposable
{
    private readonly FileEntry _entry;
    private readonly SafeFileHandle _file;
    private readonly IncrementalHash _hash;
    private long _position;

    private PartFile(FileEntry entry, string path, SafeFileHandle file, IncrementalHash hash, long position)
    {
        _entry = entry;
        Path = path;
        _file = file;
        _hash = hash;
        _position = position;
    }

    /// <summary>Gets the full path of the file.</summary>
    public string Path { get; }

    /// <summary>Gets the number of bytes that are missing.</summary>
    public long Missing => _entry.Size - _position;

    /// <summary>Opens the file to continue at the requested offset, or from its beginning.</summary>
    /// <param name="planned">The requested file.</param>
    /// <param name="offset">The position of the first byte to write: the requested offset or 0.</param>
    /// <param name="target">The target folder.</param>
    public static PartFile Open(PlannedFile planned, long offset, TargetFolder target)
    {
        target.CreateFolder(System.IO.Path.GetDirectoryName(planned.Entry.Path) ?? "");
        var path = target.PartPathOf(planned.Entry.Path);
        var file = LockedFile.Open(path, "moq receive");
        try
        {
            if (RandomAccess.GetLength(file) < offset)
                throw new IOException($"'{Output.TerminalText.Escape(path)}' was changed during the transfer");
            RandomAccess.SetLength(file, offset);
            var hash = offset > 0 ? planned.PartHash! : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            return new PartFile(planned.Entry, path, file, hash, offset);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _hash.AppendData(bytes.Span);
        try
        {
            await RandomAccess.WriteAsync(_file, bytes, _position, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentOutOfRangeException tooLarge)
        {
            // .NET reports with this exception that the file system or the user has a limit, such as 4 GB on FAT.
            throw new IOException($"'{Output.TerminalText.Escape(Path)}' becomes too large: no larger file is possible here", tooLarge);
        }

        _position += bytes.Length;
    }

    /// <summary>Sets the attributes of the file if it has the expected hash; otherwise deletes it.</summary>
    /// <returns>False if the file has another hash.</returns>
    public bool TryFinish(string sha256)
    {
        if (!FileHashing.Matches(_hash.GetHashAndReset(), sha256))
        {
            Delete();
            return false;
        }

        if (_entry.Executable && !OperatingSystem.IsWindows())
        {
            // Every user who may read the file may execute it.
            var mode = File.GetUnixFileMode(_file);
            var read = mode & (UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.SetUnixFileMode(_file, mode | (UnixFileMode)((int)read >> 2));
        }

        if (_entry.Modified is { } modified && modified > DateTimeOffset.UnixEpoch)
            File.SetLastWriteTimeUtc(_file, modified.UtcDateTime);
        return true;
    }

    /// <summary>Deletes the file.</summary>
    public void Delete()
    {
        _file.Dispose();
        File.Delete(Path);
    }

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }
}
