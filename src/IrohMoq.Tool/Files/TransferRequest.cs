using System.Buffers;

namespace IrohMoq.Tool.Files;

/// <summary>Encodes and decodes the request of a receiver: the files that it wants, in the order of the manifest.</summary>
internal static class TransferRequest
{
    /// <summary>The maximum size of an encoded request, in bytes.</summary>
    public const int MaxBytes = 28 << 20;

    private const string What = "a request";
    private const int HashDigits = 64;

    public static byte[] Encode(IEnumerable<FileRequest> requests)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var request in requests)
            JsonLines.Append(lines, request, FilesJson.Default.FileRequest);
        return lines.WrittenSpan.ToArray();
    }

    /// <summary>Decodes a request that a peer sent, and checks it against the manifest.</summary>
    /// <exception cref="TransferException">The request is malformed, or does not fit the manifest.</exception>
    public static IReadOnlyList<FileRequest> Decode(ReadOnlySpan<byte> lines, Manifest manifest)
    {
        var requests = new List<FileRequest>();
        var last = -1;
        while (!lines.IsEmpty)
        {
            var request = JsonLines.Take(ref lines, FilesJson.Default.FileRequest, What);
            if (request.File <= last || request.File >= manifest.Entries.Count || manifest.Entries[request.File].Folder)
                throw new TransferException("the peer requested a file that is not offered, or not in the order of the list");
            if (request.Offset < 0 || request.Offset > manifest.Entries[request.File].Size)
                throw new TransferException("the peer requested bytes beyond the end of a file");
            if (request.Sha256 is { } hash && (hash.Length != HashDigits || !hash.All(char.IsAsciiHexDigit)))
                throw new TransferException("the peer sent a hash that is not SHA-256");
            last = request.File;
            requests.Add(request);
        }

        return requests;
    }
}
