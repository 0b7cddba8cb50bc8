using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive;

/// <content>Reads frames in pieces, before they have arrived completely.</content>
public sealed partial class GroupConsumer
{
    // The number of bytes of the next frame that were read in pieces, and the size of that frame.
    private int _offset;
    private int _frameSize;

    /// <summary>Gets or sets a value indicating whether the reader also waits for a part of a frame.</summary>
    internal bool ReadsPieces { get; set; }

    /// <summary>
    /// Gets a value indicating whether there is a frame or, if the reader reads pieces, a piece to read. The caller must hold the lock of
    /// the track.
    /// </summary>
    private bool HasNext => !HasReadLast && (_group.Frames.TryGet(_next, out _)
        || (ReadsPieces && Arriving is { } frame && (frame.HasMoreThan(_offset) || !IsSameFrame(frame.Size))));

    /// <summary>Gets the next frame if a part of it has arrived.</summary>
    private FrameAssembly? Arriving =>
        _next == _group.Frames.Count && !_group.Frames.IsReleased ? _group.Received.Arriving : null;

    /// <summary>
    /// Reads the frames in order like <see cref="ReadFramesAsync"/>, but each frame in the pieces in which it arrives, so that a large
    /// frame need not arrive completely before it is used. A frame that is there already, and one of at most 8 KiB from a peer, is one
    /// chunk. Each chunk is valid until the next one is read. Leaving the loop in any way releases the group, unless <see cref="Keep"/>
    /// was called.
    /// </summary>
    /// <param name="cancellationToken">The token that cancels the reading at the next step.</param>
    /// <exception cref="InvalidOperationException">Another read of the group is pending.</exception>
    /// <exception cref="MoqStreamException">
    /// The group was aborted by its producer, or dropped because this reader was too slow; the code tells which. The frame of the last
    /// chunk may be incomplete then. The track continues.
    /// </exception>
    public IAsyncEnumerable<FrameChunk> ReadChunksAsync(CancellationToken cancellationToken = default) =>
        new ChunkReader(this, cancellationToken);

    /// <summary>
    /// Tries to read the next piece: the rest of the next frame, or what has arrived of it. The memory of the piece is held until the next
    /// call, or until the group is released.
    /// </summary>
    internal bool TryReadPiece(out FramePiece piece)
    {
        piece = default;
        ReadsPieces = true;
        lock (_group.Gate)
        {
            var offset = _offset;
            var isWhole = _group.Frames.TryGet(_next, out var whole);
            if (!_ended && !HasReadLast && (isWhole ? whole.Payload.Length : Arriving?.Size) is { } size && !IsSameFrame(size))
                CutOff(MoqErrorCode.WrongSize);
            if (isWhole && TryRead(out whole))
            {
                var rest = new BlockSlice(whole.Payload.Block, whole.Payload.Offset + offset, whole.Payload.Length - offset);
                piece = new FramePiece(rest, whole.Payload.Length, offset, whole.Timestamp);
                return true;
            }

            LetGoOfCurrent();
            if (_ended || HasReadLast || Arriving is not { } frame || !frame.HasMoreThan(offset))
                return false;
            _current = frame.From(offset);
            _frameSize = frame.Size;
            _offset += _current.Length;
            piece = new FramePiece(_current, frame.Size, offset, frame.Timestamp);
            return true;
        }
    }

    /// <summary>Tries to read the next piece as a <see cref="FrameChunk"/>.</summary>
    internal bool TryReadChunk(out FrameChunk chunk)
    {
        var isThere = TryReadPiece(out var piece);
        chunk = isThere ? new FrameChunk(new Frame(this, _step, new CachedFrame(piece.Payload, piece.Timestamp)), piece) : default;
        return isThere;
    }

    /// <summary>
    /// Determines whether a frame can be the one of which a part was read. After the rest was lost, another connection sends the frame from
    /// its beginning, and a publisher may send another frame in its place; the reader is then not served any more.
    /// </summary>
    private bool IsSameFrame(int size) => _offset == 0 || size == _frameSize;
}
