using IrohMoq.Tool.Output;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Streams;

/// <summary>Opens files that one process at a time writes.</summary>
internal static class LockedFile
{
    // A file may be renamed or deleted between two calls. A file that changes so often is not one of this tool.
    private const int MaxAttempts = 10;

    private const int FileExists = 17;
    private const int WouldBlock = 11;

    /// <summary>
    /// Opens a file for writing, or creates it. The file is locked until the handle is closed. A symbolic link is not followed, and the
    /// contents are left as they are.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="command">The name of the command that may have locked the file.</param>
    /// <exception cref="IOException">The path is not that of a file, or another process writes to it.</exception>
    public static SafeFileHandle Open(string path, string command)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            switch (FileStatus.TryGet(path, follow: false)?.Kind)
            {
                case null:
                    if (TryOpen(path, FileMode.CreateNew, command) is { } created)
                        return created;
                    break;
                case FileKind.File:
                    if (TryOpen(path, FileMode.Open, command) is { } opened)
                        return opened;
                    break;
                default:
                    throw new IOException($"'{TerminalText.Escape(path)}' exists and is not a file; move or remove it");
            }
        }

        throw new IOException($"'{TerminalText.Escape(path)}' is changed by another program");
    }

    /// <summary>Opens a file, and checks that the path still leads to it.</summary>
    private static SafeFileHandle? TryOpen(string path, FileMode mode, string command)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (FileNotFoundException) when (mode == FileMode.Open)
        {
            return null;
        }
        catch (IOException failure) when (failure.HResult == FileExists && mode == FileMode.CreateNew)
        {
            return null;
        }
        catch (IOException failure) when (failure.HResult == WouldBlock)
        {
            throw new IOException($"another '{command}' writes to '{TerminalText.Escape(path)}'", failure);
        }

        // Between the two calls, the file may have been renamed, deleted, or replaced by a symbolic link.
        if (FileStatus.TryGet(path, follow: false) is { } now && now.IsSameFile(FileStatus.Get(file)))
            return file;
        file.Dispose();
        return null;
    }
}
