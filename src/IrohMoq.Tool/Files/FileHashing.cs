using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Files;

/// <summary>Computes SHA-256 hashes of files.</summary>
internal static class FileHashing
{
    private const int BufferSize = 256 << 10;

    /// <summary>Adds the first bytes of a file to a hash.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="file">The file.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="onRead">The action that is called with the number of bytes of each step.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    /// <returns>The number of bytes, which is less than requested if the file is shorter.</returns>
    public static async Task<long> AppendAsync(
        IncrementalHash hash, SafeFileHandle file, long length, Action<long> onRead, CancellationToken cancellationToken)
    {
        if (length == 0)
            return 0;
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferSize, length));
        try
        {
            var position = 0L;
            while (position < length)
            {
                var wanted = buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - position));
                var read = await RandomAccess.ReadAsync(file, wanted, position, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    break;
                hash.AppendData(buffer, 0, read);
                position += read;
                onRead(read);
            }

            return position;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Returns the hash of a whole file in hexadecimal digits.</summary>
    /// <param name="file">The file.</param>
    /// <param name="length">The size of the file.</param>
    /// <param name="onRead">The action that is called with the number of bytes of each step.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    public static async Task<string> ComputeAsync(
        SafeFileHandle file, long length, Action<long> onRead, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await AppendAsync(hash, file, length, onRead, cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Determines whether a hash has the value that hexadecimal digits specify.</summary>
    public static bool Matches(byte[] hash, string digits) =>
        string.Equals(Convert.ToHexStringLower(hash), digits, StringComparison.OrdinalIgnoreCase);
}
