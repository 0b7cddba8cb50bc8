using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using Microsoft.Win32.SafeHandles;

namespace IrohMoq.Tool.Files;

/// <summary>Writes the requested files to the content track of one receiver.</summary>
internal sealed class ContentWriter(TrackProducer track, IReadOnlyList<SourceFile> files, TransferProgress progress) : IDisposable
{
    /// <summary>The size of a data frame including its first byte.</summary>
    private const int FrameSize = 256 << 10;

    /// <summary>A group is ended when it has this number of bytes, or this number of frames.</summary>
    private const int GroupSize = 4 << 20;
    private const int GroupFrames = 1024;

    private GroupProducer? _group;
    private int _groupBytes;
    private int _groupFrames;

    /// <summary>Gets the failures of files that could not be sent.</summary>
    public List<FileFailure> Failures { get; } = [];

    /// <summary>Writes the files, and finishes the track. A file that cannot be sent is reported to the receiver and skipped.</summary>
    public async Task WriteAsync(IReadOnlyList<FileRequest> requests, CancellationToken cancellationToken)
    {
        foreach (var request in requests)
        {
            try
            {
                await WriteFileAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is (IOException or UnauthorizedAccessException) and not MoqException)
            {
                var reported = new FileFailure(request.File, TerminalText.Escape(ExceptionText.ForPeer(failure)));
                Failures.Add(reported);
                await WriteMessageAsync(FrameKind.Failure, reported, FilesJson.Default.FileFailure, cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        _group?.Finish();
        track.Finish();
    }

    public void Dispose() => _group?.Dispose();

    private async Task WriteFileAsync(FileRequest request, CancellationToken cancellationToken)
    {
        var source = files[request.File];
        using var file = source.Open();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        progress.IsChecking = request.Offset > 0;
        var position = await FileHashing
            .AppendAsync(hash, file, request.Offset, static _ => { }, cancellationToken).ConfigureAwait(false);
        progress.IsChecking = false;
        if (request.Sha256 is { } expected && !FileHashing.Matches(hash.GetCurrentHash(), expected))
        {
            // The receiver has other bytes: it replaces them.
            hash.GetHashAndReset();
            position = 0;
        }

        progress.AddKnown(position);
        var start = new FileStart(request.File, position);
        await WriteMessageAsync(FrameKind.Start, start, FilesJson.Default.FileStart, cancellationToken).ConfigureAwait(false);
        await WriteDataAsync(file, position, source.Status.Size, hash, cancellationToken).ConfigureAwait(false);
        // The size and the time of the file are compared after its last byte was read.
        source.ThrowIfChanged(file);
        var end = new FileEnd(Convert.ToHexStringLower(hash.GetHashAndReset()));
        await WriteMessageAsync(FrameKind.End, end, FilesJson.Default.FileEnd, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteDataAsync(
        SafeFileHandle file, long position, long size, IncrementalHash hash, CancellationToken cancellationToken)
    {
        while (position < size)
        {
            var group = await NextFrameAsync(cancellationToken).ConfigureAwait(false);
            var frame = group.GetFrameMemory((int)Math.Min(FrameSize, size - position + 1));
            var read = await RandomAccess.ReadAsync(file, frame[1..], position, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw new IOException("the file became shorter while it was sent");
            frame.Span[0] = (byte)FrameKind.Data;
            hash.AppendData(frame.Span.Slice(1, read));
            await group.CommitFrameAsync(read + 1, cancellationToken).ConfigureAwait(false);
            _groupBytes += read;
            position += read;
            progress.AddTransferred(read);
        }
    }

    private async Task WriteMessageAsync<T>(FrameKind kind, T message, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var text = new ArrayBufferWriter<byte>(128);
        text.Write([(byte)kind]);
        using (var json = new Utf8JsonWriter(text))
            JsonSerializer.Serialize(json, message, type);
        var group = await NextFrameAsync(cancellationToken).ConfigureAwait(false);
        await group.WriteAsync(text.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _groupBytes += text.WrittenCount;
    }

    /// <summary>Returns the group to which the next frame belongs.</summary>
    private async ValueTask<GroupProducer> NextFrameAsync(CancellationToken cancellationToken)
    {
        if (_group is not null && _groupBytes < GroupSize && _groupFrames < GroupFrames)
        {
            _groupFrames++;
            return _group;
        }

        _group?.Finish();
        (_groupBytes, _groupFrames) = (0, 1);
        return _group = await track.AppendGroupAsync(cancellationToken).ConfigureAwait(false);
    }
}
