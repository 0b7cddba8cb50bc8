using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>
/// Reads and creates files that contain a secret key as 64 hex digits and a line end, and that only their owner can open.
/// </summary>
internal static partial class SecretKeyFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // A key has 64 characters, so a longer content than this is not a key file.
    private const int LongestFile = 256;

    // The errno value EEXIST, which is the same on Linux, macOS and the BSDs.
    private const int NameIsTaken = 17;

    public static SecretKey LoadOrCreate(string path)
    {
        try
        {
            return Load(path);
        }
        catch (FileNotFoundException)
        {
            return Create(path) ?? Load(path);
        }
    }

    private static SecretKey Load(string path)
    {
        Span<byte> content = stackalloc byte[LongestFile];
        Span<char> text = stackalloc char[LongestFile];
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = 0 });
            // The mode is read from the open file, because the name may refer to another file by now.
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != UnixFileMode.None)
                throw new UnauthorizedAccessException(
                    $"The key file '{path}' can be opened by other users than its owner. If nobody has copied it, run: chmod 600 {path}");

            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            var characters = Encoding.Latin1.GetChars(content[..length], text);
            return SecretKey.Parse(text[..characters].Trim());
        }
        catch (FormatException malformed)
        {
            throw new InvalidDataException(
                $"The key file '{path}' contains no key. {malformed.Message} Restore it, or move it away to get a new identity.",
                malformed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
            text.Clear();
        }
    }

    // Returns null if another program was faster. The complete file is renamed, so that no program reads a partial key.
    private static SecretKey? Create(string path)
    {
        var key = SecretKey.Generate();
        var whole = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.new";
        try
        {
            Write(whole, key);
            return TryName(whole, path) ? key : null;
        }
        finally
        {
            File.Delete(whole);
        }
    }

    private static void Write(string path, SecretKey key)
    {
        var options =
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;

        Span<byte> secret = stackalloc byte[SecretKey.Size];
        Span<byte> line = stackalloc byte[(2 * SecretKey.Size) + 1];
        try
        {
            key.CopySecretTo(secret);
            if (!Convert.TryToHexStringLower(secret, line, out var written))
                throw new InvalidOperationException("A key is 64 hex digits.");
            line[written] = (byte)'\n';

            using var file = new FileStream(path, options);
            file.Write(line);
            file.Flush(flushToDisk: true);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(line);
        }
    }

    // File.Move checks for the file before it renames, so the later of two programs would overwrite the key that the earlier one
    // already uses. A hard link fails instead.
    private static bool TryName(string whole, string path)
    {
        if (OperatingSystem.IsWindows())
            return TryMove(whole, path);
        if (Link(whole, path) == 0)
            return true;
        // On a file system without hard links only the move remains, with its short race.
        return Marshal.GetLastPInvokeError() != NameIsTaken && TryMove(whole, path);
    }

    private static bool TryMove(string whole, string path)
    {
        try
        {
            File.Move(whole, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string existing, string name);
}
