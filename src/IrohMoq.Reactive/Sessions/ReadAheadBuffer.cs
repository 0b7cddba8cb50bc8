using System.Buffers;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the bytes of a stream that were read but not consumed. The buffer starts small, because a peer may open many streams and
/// send little, and grows when more arrives than a small group needs. An instance is reused for one stream after another.
/// </summary>
internal sealed class ReadAheadBuffer
{
    /// <summary>The maximum number of bytes that are read ahead.</summary>
    public const int Size = 16 << 10;

    /// <summary>The initial size of the buffer in bytes, which suffices for a small group.</summary>
    private const int FirstSize = 1 << 10;

    private readonly byte[] _first = new byte[FirstSize];
    private byte[] _bytes;
    private int _start;
    private int _end;

    public ReadAheadBuffer() => _bytes = _first;

    /// <summary>Gets the bytes that are not consumed.</summary>
    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Gets the number of bytes that are not consumed.</summary>
    public int Count => _end - _start;

    /// <summary>Marks bytes as consumed.</summary>
    public void Use(int count) => _start += count;

    /// <summary>Adds bytes that were read into the memory that <see cref="Room"/> returned.</summary>
    public void Add(int count) => _end += count;

    /// <summary>Returns the memory into which the next bytes of the stream are to be read.</summary>
    /// <param name="most">The maximum number of bytes.</param>
    /// <param name="isLarge">True if much data is expected, so that the buffer grows immediately.</param>
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

    /// <summary>Discards every byte, and returns the large buffer to the pool.</summary>
    public void Clear()
    {
        if (_bytes != _first)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = _first;
        _start = _end = 0;
    }
}
