using System.Buffers;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// The bytes of a stream that were read and not yet used. It begins small, because a peer may open many streams and send little, and grows
/// once more has come than a small group has. It is used for one stream after another.
/// </summary>
internal sealed class ReadAheadBuffer
{
    /// <summary>The maximum number of bytes that are read ahead.</summary>
    public const int Size = 16 << 10;

    /// <summary>Enough for a small group.</summary>
    private const int FirstSize = 1 << 10;

    private readonly byte[] _first = new byte[FirstSize];
    private byte[] _bytes;
    private int _start;
    private int _end;

    public ReadAheadBuffer() => _bytes = _first;

    /// <summary>Gets the bytes that are not used yet.</summary>
    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Gets the number of bytes that are not used yet.</summary>
    public int Count => _end - _start;

    /// <summary>Counts bytes as used.</summary>
    public void Use(int count) => _start += count;

    /// <summary>Counts bytes that were read into <see cref="Room"/>.</summary>
    public void Add(int count) => _end += count;

    /// <summary>Returns the memory for the next bytes.</summary>
    /// <param name="most">The maximum number of bytes.</param>
    /// <param name="isLarge">True if much will come: then the buffer grows at once.</param>
    public Memory<byte> Room(int most, bool isLarge = false)
    {
        if (_start > 0)
        {
            Unread.CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }

        if (_bytes == _first && (_end == _bytes.Length || isLarge))
        {
            var larger = ArrayPool<byte>.Shared.Rent(Size);
            Unread.CopyTo(larger);
            _bytes = larger;
        }

        return _bytes.AsMemory(_end, Math.Min(most, _bytes.Length - _end));
    }

    /// <summary>Discards every byte, and keeps only the small memory.</summary>
    public void Clear()
    {
        if (_bytes != _first)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = _first;
        _start = _end = 0;
    }
}
