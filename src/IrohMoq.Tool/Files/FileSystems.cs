using System.Runtime.InteropServices;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Files;

/// <summary>Writes the changes of a file system to its disk.</summary>
internal static partial class FileSystems
{
    /// <summary>Waits until all changes of the file system that contains a folder are on the disk.</summary>
    /// <exception cref="IOException">The changes cannot be written.</exception>
    public static void Sync(string folder)
    {
        using var handle = FileStatus.OpenForReading(folder);
        if (SyncFs((int)handle.DangerousGetHandle()) != 0)
        {
            throw new IOException(
                $"'{Output.TerminalText.Escape(folder)}' cannot be written: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(int descriptor);
}
