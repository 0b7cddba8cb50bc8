using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Writes the fields of messages to a span that is large enough. A value that a peer would refuse is refused with an
/// <see cref="ArgumentException"/>.
/// </summary>
internal ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Gets the number of bytes that have been written.</summary>
    public int Written { get; private set; }

    private readonly Span<byte> Rest => _destination[Written..];

    /// <summary>Returns the maximum number of bytes that <see cref="String"/> writes for a value.</summary>
    public static int MaxSize(string value, int maxBytes = WireLimits.MaxStringBytes) =>
        Wire.Varint.MaxLength + Math.Min(Encoding.UTF8.GetMaxByteCount(value.Length), maxBytes);

    /// <summary>Returns the maximum number of bytes that <see cref="Path"/> writes for a path.</summary>
    public static int MaxSize(BroadcastPath path) => MaxSize(path.ToString());

    /// <summary>Returns the exception for a value that the version cannot express, or that peers refuse.</summary>
    public static ArgumentException Refused(string field, string problem) => new(problem, field);

    /// <summary>
    /// Writes a number of up to 62 bits as a varint. Use this method only for numbers that every peer reads with all 62 bits.
    /// </summary>
    public void Varint(ulong value) => Written += Wire.Varint.Write(Rest, value);

    /// <summary>Writes a number of up to 53 bits as a varint.</summary>
    public void Number(ulong value, string field)
    {
        if (value > WireLimits.MaxWrittenNumber)
        {
            throw new ArgumentOutOfRangeException(
                field, value, $"At most 2^53 - 1 ({WireLimits.MaxWrittenNumber}) is sent, because JavaScript peers read no more.");
        }

        Varint(value);
    }

    /// <summary>Writes one byte.</summary>
    public void Byte(byte value)
    {
        _destination[Written] = value;
        Written++;
    }

    /// <summary>Writes a Boolean value as one byte: 0 or 1.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>
    /// Writes an optional number, such as the end of a range, which is encoded as 0 for null, or as the number plus one.
    /// </summary>
    public void Optional(ulong? value, string field)
    {
        if (value >= WireLimits.MaxWrittenNumber)
        {
            throw new ArgumentOutOfRangeException(
                field, value, $"At most 2^53 - 2 ({WireLimits.MaxWrittenNumber - 1}) is sent, because JavaScript peers read no more.");
        }

        Varint(value + 1 ?? 0);
    }

    /// <summary>Writes a string: a length, and that many bytes of UTF-8.</summary>
    /// <param name="value">The string.</param>
    /// <param name="field">The name of the field, for exceptions.</param>
    /// <param name="maxBytes">The maximum length, in bytes.</param>
    public void String(string value, string field, int maxBytes = WireLimits.MaxStringBytes)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > maxBytes)
            throw new ArgumentOutOfRangeException(field, length, $"At most {maxBytes} bytes of UTF-8 are sent.");
        Varint((ulong)length);
        if (length > Rest.Length)
            throw new ArgumentException($"The destination has {Rest.Length} bytes left where {length} are needed.", field);
        if (Utf8.FromUtf16(value, Rest, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
            throw new ArgumentException("Half a surrogate pair cannot be expressed in UTF-8.", field);
        Written += written;
    }

    /// <summary>Writes a path as a string.</summary>
    public void Path(BroadcastPath value, string field) => String(value.ToString(), field);

    /// <summary>Begins a body that is preceded by its length. <see cref="EndBody"/> writes the length.</summary>
    /// <returns>The position to pass to <see cref="EndBody"/>.</returns>
    public int BeginBody()
    {
        // Most bodies are shorter than 64 bytes, so one byte is reserved for the length. A longer body is moved when its length is known.
        var start = Written;
        Written++;
        return start;
    }

    /// <summary>
    /// Ends a body: writes the number of bytes that were written since <see cref="BeginBody"/>, in its shortest encoding.
    /// </summary>
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
