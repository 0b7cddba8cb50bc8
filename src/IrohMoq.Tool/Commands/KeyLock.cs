using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Marks key files as used by this process until it ends. The mark is advisory: it only serves to tell the user about a second process.
/// </summary>
internal static unsafe partial class KeyLock
{
    // An open file description lock, which is independent of the locks that .NET takes when it opens files.
    private const int SetOpenFileLock = 37;
    private const short WriteLock = 1;
    private const int TryAgain = 11;
    private const int AccessDenied = 13;

    private static readonly List<SafeFileHandle> Held = [];

    /// <summary>Marks a key file.</summary>
    /// <returns>
    /// False if another process has marked it; true also if the file cannot be marked, for example because it is read-only.
    /// </returns>
    public static bool TryAcquire(string path)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return true;
        }

        Held.Add(file);
        var whole = new FileLock { Type = WriteLock };
        return fcntl(file.DangerousGetHandle().ToInt32(), SetOpenFileLock, &whole) == 0
            || Marshal.GetLastPInvokeError() is not (TryAgain or AccessDenied);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fcntl(int descriptor, int command, FileLock* argument);

    /// <summary>Represents the native flock structure.</summary>
    private struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
