using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Streams;

/// <summary>Declares the system calls on file descriptors that .NET does not provide.</summary>
internal static unsafe partial class Posix
{
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int BrokenPipe = 32;
    public const short PollIn = 1;
    public const short PollOut = 4;

    private const int GetDescriptorFlags = 1;
    private const int DuplicateCloseOnExec = 1030;
    private const int CloseOnExec = 1;
    private const short PollError = 8;
    private const short PollHangUp = 16;
    private const short PollInvalid = 32;
    private const nuint GetWindowSize = 0x5413;
    private const int ReadWrite = 2;
    private const int MayWrite = 2;

    /// <summary>
    /// Determines whether a descriptor was passed to the process by its parent. A descriptor that the runtime has opened for itself is
    /// closed on exec, which a descriptor that was inherited by an exec cannot be.
    /// </summary>
    public static bool IsInherited(int descriptor) =>
        fcntl(descriptor, GetDescriptorFlags, 0) is >= 0 and var flags && (flags & CloseOnExec) == 0;

    /// <summary>Determines whether a descriptor is open, whoever has opened it.</summary>
    public static bool IsOpen(int descriptor) => fcntl(descriptor, GetDescriptorFlags, 0) >= 0;

    /// <summary>Returns another handle to an open file, which shares its locks.</summary>
    /// <exception cref="IOException">The process has too many open files.</exception>
    public static SafeFileHandle Duplicate(SafeFileHandle file)
    {
        var descriptor = fcntl((int)file.DangerousGetHandle(), DuplicateCloseOnExec, 0);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    /// <summary>Opens the null device with the lowest free descriptor.</summary>
    public static void OpenNull() => _ = open("/dev/null", ReadWrite, 0);

    /// <summary>Determines whether the other end of a descriptor is gone, so that a write would fail.</summary>
    public static bool IsBroken(int descriptor)
    {
        var entry = new PollEntry { Descriptor = descriptor };
        return poll(&entry, 1, 0) > 0 && (entry.Occurred & (PollError | PollHangUp | PollInvalid)) != 0;
    }

    /// <summary>Waits until a descriptor that does not block can be read or written.</summary>
    public static void Wait(int descriptor, short events)
    {
        var entry = new PollEntry { Descriptor = descriptor, Requested = events };
        _ = poll(&entry, 1, -1);
    }

    /// <summary>Determines whether the process may write a file or to a folder.</summary>
    public static bool CanWrite(string path) => access(path, MayWrite) == 0;

    /// <summary>Returns the number of columns of a terminal, or 0 if it is not known.</summary>
    public static int Columns(int descriptor)
    {
        // The native winsize structure: rows, columns, and the size in pixels.
        var size = stackalloc ushort[4];
        return ioctl(descriptor, GetWindowSize, size) == 0 ? size[1] : 0;
    }

    /// <summary>Ends the process at once, without any cleanup.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ioctl(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    /// <summary>Represents the native pollfd structure.</summary>
    private struct PollEntry
    {
        public int Descriptor;
        public short Requested;
        public short Occurred;
    }
}
