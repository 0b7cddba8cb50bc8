using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace IrohMoq.Tool.Streams;

/// <summary>Specifies the kind of a file.</summary>
internal enum FileKind
{
    Missing,
    Regular,
    Directory,

    /// <summary>A FIFO, socket or device, whose data cannot be replaced.</summary>
    Special,
}

/// <summary>Represents what identifies a file, whatever the path by which it was found.</summary>
internal readonly partial record struct FileIdentity(FileKind Kind, ulong Device, ulong Number)
{
    // The size of the native statx structure, and where it has the fields that are used here.
    private const int StatSize = 256;
    private const int TypeOffset = 28;
    private const int NumberOffset = 32;
    private const int DeviceOffset = 136;

    private const int CurrentFolder = -100;
    private const uint TypeAndNumber = 0x101;
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;
    private const int DirectoryType = 0x4000;

    /// <summary>Returns the identity of the file at a path. Symbolic links are followed.</summary>
    public static FileIdentity Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            var known = File.Exists(path) ? FileKind.Regular : Directory.Exists(path) ? FileKind.Directory : FileKind.Missing;
            return new FileIdentity(known, 0, 0);
        }

        Span<byte> data = stackalloc byte[StatSize];
        if (!TryStat(path, data))
            return default;
        var kind = (BinaryPrimitives.ReadUInt16LittleEndian(data[TypeOffset..]) & TypeMask) switch
        {
            RegularType => FileKind.Regular,
            DirectoryType => FileKind.Directory,
            _ => FileKind.Special,
        };
        var device = BinaryPrimitives.ReadUInt64LittleEndian(data[DeviceOffset..]);
        return new FileIdentity(kind, device, BinaryPrimitives.ReadUInt64LittleEndian(data[NumberOffset..]));
    }

    /// <summary>Determines whether two paths name one file, which may be missing.</summary>
    public static bool AreSame(string path, string other) =>
        Path.GetFullPath(path) == Path.GetFullPath(other)
        || (Of(path) is { Kind: not FileKind.Missing } identity && identity.Number != 0 && identity == Of(other));

    private static unsafe bool TryStat(string path, Span<byte> data)
    {
        fixed (byte* pointer = data)
            return statx(CurrentFolder, path, 0, TypeAndNumber, pointer) == 0;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* data);
}
