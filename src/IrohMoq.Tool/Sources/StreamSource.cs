using System.Buffers;
using System.IO.Pipelines;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Sources;

/// <summary>
/// Represents a source that splits a file or standard input into frames of a size, or into lines including their line endings. The
/// concatenated payloads are identical to the input.
/// </summary>
/// <param name="input">The input.</param>
/// <param name="frameSize">The size of a frame, or null for lines.</param>
/// <param name="isExact">
/// True to wait until a frame is full; false to pass on what has arrived as a shorter frame, so that live data is not held back.
/// </param>
/// <param name="framesPerGroup">
/// The number of frames after which a new group begins. It begins earlier if the group would be too large otherwise.
/// </param>
internal sealed class StreamSource(PipeReader input, int? frameSize, bool isExact, int framesPerGroup) : ISource
{
    private readonly int _smallest = isExact && frameSize is { } size ? size : 1;
    private ReadOnlySequence<byte> _rest;
    private bool _hasRead;
    private bool _isEnded;
    private long _searched;
    private long _framesInGroup = framesPerGroup;
    private long _bytesInGroup;

    public async ValueTask<SourceFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Length() is > 0 and var length)
                return Take(length);
            if (frameSize is null && _rest.Length > GroupProducer.MaxFrameSize)
            {
                throw new InvalidDataException(
                    $"a line of the input is longer than {GroupProducer.MaxFrameSize} bytes; use --frame-size instead of --lines");
            }

            if (_isEnded)
                return null;
            if (_hasRead)
                input.AdvanceTo(_rest.Start, _rest.End);
            _hasRead = true;
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            (_rest, _isEnded) = (read.Buffer, read.IsCompleted);
        }
    }

    public void Dispose() => input.Complete();

    /// <summary>Returns the length of the next frame, or 0 if more data is necessary or there is none.</summary>
    private long Length()
    {
        if (frameSize is { } largest)
            return _rest.Length >= _smallest || _isEnded ? Math.Min(_rest.Length, largest) : 0;
        var found = _rest.Slice(_searched).PositionOf((byte)'\n');
        if (found is { } end)
        {
            var length = _rest.Slice(0, end).Length + 1;
            return length <= GroupProducer.MaxFrameSize ? length : 0;
        }

        _searched = _rest.Length;
        return _isEnded && _rest.Length <= GroupProducer.MaxFrameSize ? _rest.Length : 0;
    }

    private SourceFrame Take(long length)
    {
        var payload = _rest.Slice(0, length);
        _rest = _rest.Slice(length);
        _searched = 0;
        var begins = _framesInGroup >= framesPerGroup || _bytesInGroup + length > GroupProducer.MaxGroupSize;
        _framesInGroup = begins ? 1 : _framesInGroup + 1;
        _bytesInGroup = begins ? length : _bytesInGroup + length;
        return new SourceFrame(payload, begins);
    }
}
