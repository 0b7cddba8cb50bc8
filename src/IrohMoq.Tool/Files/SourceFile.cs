using IrohMoq.Tool.Streams;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Files;

/// <summary>Represents a file or an empty folder that is offered to receivers.</summary>
/// <param name="Entry">The entry in the manifest.</param>
/// <param name="FullPath">The path on this machine.</param>
/// <param name="Status">The status at the time of the offer. A file with another status is not sent.</param>
internal sealed record SourceFile(FileEntry Entry, string FullPath, FileStatus Status)
{
    /// <summary>Opens the file, which must be the one that was offered, and unchanged.</summary>
    /// <exception cref="IOException">The file cannot be opened, or has changed since the offer.</exception>
    public SafeFileHandle Open()
    {
        var file = FileStatus.OpenForReading(FullPath);
        try
        {
            ThrowIfChanged(file);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">The file has changed since the offer.</exception>
    public void ThrowIfChanged(SafeFileHandle file)
    {
        // The inode is part of the status: a path that leads to another file now, for example through a new symbolic link, is not sent.
        if (FileStatus.Get(file) != Status)
            throw new IOException("the file has changed since it was offered; start 'moq send' again to offer it as it is now");
    }
}
