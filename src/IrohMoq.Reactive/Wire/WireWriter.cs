using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Writes fields into a span that is large enough. What a peer would refuse is refused here, by <see cref="ArgumentException"/>.
/// </summary>
internal ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Gets how many bytes have been written.</summary>
    public int Written { get; private set; }

    private readonly Span<byte> Rest => _destination[Written..];

    /// <summary>Returns the bytes that <see cref="String"/> needs at most.</summary>
    public static int MaxSize(string value) =>
        Wire.Varint.MaxLength + Math.Min(Encoding.UTF8.GetMaxByteCount(value.Length), WireLimits.MaxStringBytes);

    /// <summary>Returns the bytes that <see cref="Path"/> needs at most.</summary>
    public static int MaxSize(BroadcastPath path) => MaxSize(path.ToString());

    /// <summary>Writes a number of up to 62 bits: for what no peer reads with fewer.</summary>
    public void Varint(ulong value) => Written += Wire.Varint.Write(Rest, value);

    /// <summary>Writes a number of up to 53 bits.</summary>
    public void Number(ulong value, string field)
    {
        if (value > WireLimits.MaxWrittenNumber)
        {
            throw new ArgumentOutOfRangeException(
                field, value, $"At most 2^53 - 1 ({WireLimits.MaxWrittenNumber}) is sent, because JavaScript peers read no more.");
        }

        Varint(value);
    }

    /// <summary>One raw byte.</summary>
    public void Byte(byte value)
    {
        _destination[Written] = value;
        Written++;
    }

    /// <summary>One raw byte, 0 or 1.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Writes a sequence that may be absent: 0, or itself plus one.</summary>
    public void OptionalGroup(ulong? value, string field)
    {
        if (value >= WireLimits.MaxWrittenNumber)
        {
            throw new ArgumentOutOfRangeException(
                field, value, $"At most 2^53 - 2 ({WireLimits.MaxWrittenNumber - 1}) is sent, because JavaScript peers read no more.");
        }

        Varint(value + 1 ?? 0);
    }

    /// <summary>Writes a length and that many bytes of UTF-8.</summary>
    public void String(string value, string field)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > WireLimits.MaxStringBytes)
            throw new ArgumentOutOfRangeException(field, length, $"At most {WireLimits.MaxStringBytes} bytes of UTF-8 are sent.");
        Varint((ulong)length);
        if (length > Rest.Length)
            throw new ArgumentException($"The destination has {Rest.Length} bytes left where {length} are needed.", field);
        if (Utf8.FromUtf16(value, Rest, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
            throw new ArgumentException("Half a surrogate pair cannot be expressed in UTF-8.", field);
        Written += written;
    }

    /// <summary>Writes a path as a string.</summary>
    public void Path(BroadcastPath value, string field) => String(value.ToString(), field);

    /// <summary>Begins a body whose length goes before it; <see cref="EndBody"/> writes that length.</summary>
    /// <returns>The place to hand to <see cref="EndBody"/>.</returns>
    public int BeginBody()
    {
        // Most bodies are shorter than 64 bytes; a longer one is moved up once its length is known.
        var start = Written;
        Written++;
        return start;
    }

    /// <summary>Writes the length of what was written since <see cref="BeginBody"/>, in its shortest form.</summary>
    public void EndBody(int start)
    {
        var length = Written - start - 1;
        var prefix = Wire.Varint.Length((ulong)length);
        if (prefix > 1)
            _destination.Slice(start + 1, length).CopyTo(_destination[(start + prefix)..]);
        Wire.Varint.Write(_destination[start..], (ulong)length);
        Written = start + prefix + length;
    }
}
