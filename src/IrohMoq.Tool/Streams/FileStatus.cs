using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Streams;

/// <summary>
/// Represents what a path or an open file refers to. The information comes from the operating system directly, because .NET does not
/// distinguish a FIFO or a device from a file, and opening one may block.
/// </summary>
/// <param name="Kind">The kind of file.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Modified">The time of the last change of the contents, in steps of 100 ns.</param>
/// <param name="IsExecutable">True if the owner may execute the file.</param>
/// <param name="Device">The number of the device that contains the file.</param>
/// <param name="Inode">The number of the file on its device.</param>
internal readonly partial record struct FileStatus(
    FileKind Kind, long Size, DateTimeOffset Modified, bool IsExecutable, ulong Device, ulong Inode)
{
    private const int CurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const int OfHandle = 0x1000;
    private const uint BasicFields = 0x7ff;
    private const ulong MountRoot = 0x2000;
    private const int NoSuchFile = 2;
    private const int NotAFolder = 20;
    private const int ReadNonBlockingCloseOnExec = 0x80800;

    /// <summary>Returns the status of a path, or null if the path does not exist.</summary>
    /// <param name="path">The path.</param>
    /// <param name="follow">True to return the status of the target of a symbolic link; false to return that of the link.</param>
    /// <exception cref="IOException">The status cannot be read.</exception>
    public static FileStatus? TryGet(string path, bool follow)
    {
        if (StatX(CurrentFolder, path, follow ? 0 : DoNotFollow, BasicFields, out var native) == 0)
            return From(native);
        var error = Marshal.GetLastPInvokeError();
        return error is NoSuchFile or NotAFolder ? null : throw Failure(path, error);
    }

    /// <summary>Determines whether two paths lead to one file. Symbolic links are followed.</summary>
    public static bool AreSame(string path, string other) =>
        Path.GetFullPath(path) == Path.GetFullPath(other)
        || (TryGet(path, follow: true) is { } status && TryGet(other, follow: true) is { } second && status.IsSameFile(second));

    /// <summary>Determines whether a path is one at which something is mounted, such as a single file in a container.</summary>
    public static bool IsMountPoint(string path) =>
        StatX(CurrentFolder, path, 0, BasicFields, out var native) == 0 && (native.Attributes & MountRoot) != 0;

    /// <summary>Returns the status of an open file.</summary>
    /// <exception cref="IOException">The status cannot be read.</exception>
    public static FileStatus Get(SafeFileHandle file)
    {
        if (StatX((int)file.DangerousGetHandle(), "", OfHandle, BasicFields, out var native) == 0)
            return From(native);
        throw Failure("an open file", Marshal.GetLastPInvokeError());
    }

    /// <summary>Determines whether another status is that of the same file, although its contents may have changed.</summary>
    public bool IsSameFile(FileStatus other) => (Device, Inode) == (other.Device, other.Inode);

    /// <summary>Opens a file for reading. Unlike the methods of .NET, this method does not wait for the writer of a FIFO.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafeFileHandle OpenForReading(string path)
    {
        var descriptor = Open(path, ReadNonBlockingCloseOnExec);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure(path, Marshal.GetLastPInvokeError());
    }

    private static IOException Failure(string path, int error) =>
        new($"'{Output.TerminalText.Escape(path)}': {Marshal.GetPInvokeErrorMessage(error)}");

    private static FileStatus From(in StatXBuffer native)
    {
        const int typeMask = 0xf000;
        var kind = (native.Mode & typeMask) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Folder,
            0xa000 => FileKind.SymbolicLink,
            _ => FileKind.Special,
        };
        // The time of a file may be any number, also one that .NET cannot represent.
        var seconds = Math.Clamp(
            native.ModifiedSeconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        var modified = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(native.ModifiedNanoseconds / 100);
        var device = ((ulong)native.DeviceMajor << 32) | native.DeviceMinor;
        return new FileStatus(kind, (long)native.Size, modified, (native.Mode & 0x40) != 0, device, native.Inode);
    }

    // The flags of open have the same values on all architectures that .NET supports on Linux.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, out StatXBuffer status);

    // The layout of struct statx is the same on all architectures: see statx(2).
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatXBuffer
    {
        [FieldOffset(8)]
        public ulong Attributes;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
