using System.Text;
using System.Text.Unicode;

namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Reads the fields of the complete body of one message. A field that extends past the end of the body is malformed, because no more
/// bytes follow. Every failure is a <see cref="MoqProtocolException"/> that names the message, the field and the offset in the body.
/// </summary>
internal ref struct WireReader(string message, ReadOnlySpan<byte> body)
{
    private readonly string _message = message;
    private readonly ReadOnlySpan<byte> _body = body;
    private int _offset;
    private int _fieldStart;

    private readonly ReadOnlySpan<byte> Rest => _body[_offset..];

    /// <summary>Reads a varint, which has up to 62 bits.</summary>
    public ulong Varint(string field)
    {
        _fieldStart = _offset;
        if (!Wire.Varint.TryRead(Rest, out var value, out var length))
            throw PastTheEnd(field);
        _offset += length;
        return value;
    }

    /// <summary>Reads one byte.</summary>
    public byte Byte(string field)
    {
        _fieldStart = _offset;
        return _offset < _body.Length ? _body[_offset++] : throw PastTheEnd(field);
    }

    /// <summary>Reads a Boolean value, which is one byte: 0 or 1.</summary>
    public bool Bool(string field)
    {
        var value = Byte(field);
        return value <= 1 ? value == 1 : throw Malformed(field, $"is {value} where only 0 and 1 are allowed");
    }

    /// <summary>Reads an optional group number, which is encoded as 0 for null, or as the number plus one.</summary>
    public ulong? OptionalGroup(string field) => Varint(field) is > 0 and var value ? value - 1 : null;

    /// <summary>
    /// Reads a string: a length, and that many bytes of UTF-8. No character has a special meaning, including a byte order mark.
    /// </summary>
    public string String(string field)
    {
        var length = Varint(field);
        if (length > WireLimits.MaxStringBytes)
            throw OutOfBounds(field, $"is {length} bytes long, more than {WireLimits.MaxStringBytes}");
        if (length > (ulong)Rest.Length)
            throw PastTheEnd(field);
        var bytes = Rest[..(int)length];
        if (!Utf8.IsValid(bytes))
            throw Malformed(field, "is not valid UTF-8");
        _offset += bytes.Length;
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads a string and normalizes it as a path.</summary>
    public BroadcastPath Path(string field) =>
        BroadcastPath.TryCreate(String(field), out var path, out var problem) ? path : throw OutOfBounds(field, $"is refused: {problem}");

    /// <summary>Checks that the body has no more fields. Bytes that are left over make the message malformed.</summary>
    public void End()
    {
        _fieldStart = _offset;
        if (!Rest.IsEmpty)
            throw Malformed("the end", $"leaves {Rest.Length} bytes of the declared length over");
    }

    /// <summary>Returns the exception for the field that was read last, which is malformed.</summary>
    public readonly MoqProtocolException Malformed(string field, string problem) => Failure(MoqErrorCode.Decode, field, problem);

    /// <summary>Returns the exception for the field that was read last, which is well formed but larger than allowed.</summary>
    public readonly MoqProtocolException OutOfBounds(string field, string problem) => Failure(MoqErrorCode.BoundsExceeded, field, problem);

    private readonly MoqProtocolException PastTheEnd(string field) =>
        Malformed(field, $"runs past the end of the body of {_body.Length} bytes");

    private readonly MoqProtocolException Failure(MoqErrorCode code, string field, string problem) =>
        new(code, $"The peer sent a malformed {_message}: {field} at byte {_fieldStart} {problem}.");
}
