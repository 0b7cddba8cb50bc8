using System.Security.Cryptography;
using System.Text;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Files;

/// <summary>
/// Represents the folder in which a receiver writes. The folder itself may be a symbolic link, but a symbolic link below it is never
/// followed: a path that leads over one is refused.
/// </summary>
/// <param name="root">The path of the folder.</param>
internal sealed class TargetFolder(string root)
{
    /// <summary>Gets the full path of the folder.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Gets a value indicating whether the folder may receive files and folders whose names begin with a dot.</summary>
    public bool AcceptsHidden { get; init; } = true;

    /// <summary>Gets the file that is never replaced, which is the key file in use, or null if there is none.</summary>
    public FileStatus? Protected { get; init; }

    /// <summary>Gets the free space, in bytes, that is available to this user.</summary>
    public long FreeSpace => new DriveInfo(Root).AvailableFreeSpace;

    /// <summary>Returns the full path of a file or folder.</summary>
    public string PathOf(string path) => Path.Join(Root, path);

    /// <summary>Returns the full path of the file that holds the bytes of an unfinished file.</summary>
    public string PartPathOf(string path)
    {
        var name = Path.GetFileName(path);
        // A name that is too long with the suffix is replaced by its hash, which is the same the next time.
        if (Encoding.UTF8.GetByteCount(name) + TransferPath.PartSuffix.Length > TransferPath.MaxNameBytes)
            name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return Path.Join(Root, Path.GetDirectoryName(path), name + TransferPath.PartSuffix);
    }

    /// <summary>Returns why a folder cannot be used, or null if it and the folders above it are folders or do not exist.</summary>
    /// <param name="folder">The relative path of the folder; empty for the target folder.</param>
    public string? FindObstacle(string folder)
    {
        for (var end = folder.IndexOf('/'); ; end = folder.IndexOf('/', end + 1))
        {
            var current = end < 0 ? folder : folder[..end];
            if (current.Length > 0)
            {
                switch (FileStatus.TryGet(PathOf(current), follow: false)?.Kind)
                {
                    case null:
                        return null;
                    case FileKind.Folder:
                        break;
                    case FileKind.SymbolicLink:
                        return $"'{Output.TerminalText.Escape(current)}' is a symbolic link, which is not followed";
                    default:
                        return $"'{Output.TerminalText.Escape(current)}' exists and is not a folder";
                }
            }

            if (end < 0)
                return null;
        }
    }

    /// <summary>Creates a folder and the folders above it, if they do not exist.</summary>
    /// <exception cref="IOException">A part of the path is a symbolic link or a file.</exception>
    public void CreateFolder(string folder)
    {
        if (FindObstacle(folder) is { } obstacle)
            throw new IOException(obstacle);
        Directory.CreateDirectory(PathOf(folder));
    }
}
