namespace IrohMoq.Tool.Sources;

/// <summary>
/// Represents a source that splits a file or standard input into frames of a fixed size (the last may be shorter), or into lines including
/// their line endings. The concatenated payloads are identical to the input.
/// </summary>
internal sealed class StreamSource(Stream input, int? frameSize, int framesPerGroup) : ISource
{
    /// <summary>The maximum length of a line in bytes, which is the maximum length of a frame: 32 MiB.</summary>
    private const int LongestLine = 32 << 20;

    private byte[] _buffer = new byte[frameSize ?? 64 * 1024];
    private int _start;
    private int _end;
    private int _searched;
    private bool _inputEnded;
    private long _frames;

    public async ValueTask<SourceFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        var length = frameSize is { } size
            ? await input.ReadAtLeastAsync(_buffer, size, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)
            : await ReadLineAsync(cancellationToken).ConfigureAwait(false);
        if (length == 0)
            return null;
        var payload = _buffer.AsMemory(_start, length);
        if (frameSize is null)
            _start += length;
        _searched = 0;
        return new SourceFrame(payload, _frames++ % framesPerGroup == 0);
    }

    public void Dispose() => input.Dispose();

    /// <summary>
    /// Reads until the buffer contains a complete line that begins at <see cref="_start"/>. Returns the length of the line; 0 at the end of
    /// the input.
    /// </summary>
    private async ValueTask<int> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = _buffer.AsSpan(_start + _searched, _end - _start - _searched).IndexOf((byte)'\n');
            if (found >= 0)
                return _searched + found + 1;
            _searched = _end - _start;
            if (_inputEnded)
                return _end - _start;
            if (_searched >= LongestLine)
                throw new InvalidDataException(
                    $"a line of the input is longer than {LongestLine} bytes; use --frame-size instead of --lines");
            MakeRoom();
            var read = await input.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _inputEnded = read == 0;
            _end += read;
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}
