using System.Text;
using System.Text.Unicode;

namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Reads the fields of the complete body of one message. A field that extends past the end of the body is malformed, because no more
/// bytes follow. Every failure is a <see cref="MoqProtocolException"/> that names the message, the field and the offset in the body.
/// </summary>
/// <param name="message">The name of the message, for error messages.</param>
/// <param name="body">The body.</param>
/// <param name="closesSession">True if every violation closes the session; false if it fails only the stream.</param>
/// <param name="wrongLengthClosesSession">True if a body that does not fill its length exactly closes the session.</param>
internal ref struct WireReader(
    string message, ReadOnlySpan<byte> body, bool closesSession = false, bool wrongLengthClosesSession = false)
{
    private readonly string _message = message;
    private readonly ReadOnlySpan<byte> _body = body;
    private readonly bool _closesSession = closesSession;
    private readonly bool _wrongLengthClosesSession = closesSession || wrongLengthClosesSession;
    private int _base;
    private int _offset;
    private int _fieldStart;

    /// <summary>Gets the number of bytes that are not read yet.</summary>
    public readonly int Left => _body.Length - _offset;

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

    /// <summary>
    /// Reads an optional number, such as the end of a range, which is encoded as 0 for null, or as the number plus one.
    /// </summary>
    public ulong? Optional(string field) => Varint(field) is > 0 and var value ? value - 1 : null;

    /// <summary>
    /// Reads a string: a length, and that many bytes of UTF-8. No character has a special meaning, including a byte order mark.
    /// </summary>
    /// <param name="field">The name of the field, for error messages.</param>
    /// <param name="maxBytes">The maximum length, in bytes.</param>
    public string String(string field, int maxBytes = WireLimits.MaxStringBytes) => Text(field, Bytes(field, maxBytes));

    /// <summary>Reads a string and normalizes it as a path.</summary>
    public BroadcastPath Path(string field) =>
        BroadcastPath.TryCreate(String(field), out var path, out var problem) ? path : throw OutOfBounds(field, $"is refused: {problem}");

    /// <summary>
    /// Reads a length, and returns a reader of that many bytes, whose errors name this message and the offset in its body.
    /// </summary>
    public WireReader Part(string field)
    {
        var bytes = Bytes(field, WireLimits.MaxMessageSize);
        return new WireReader(_message, bytes, _closesSession, _wrongLengthClosesSession) { _base = _base + _offset - bytes.Length };
    }

    /// <summary>Reads all bytes that are left as a string without a length.</summary>
    /// <param name="field">The name of the field, for error messages.</param>
    /// <param name="maxBytes">The maximum length, in bytes.</param>
    public string RestAsString(string field, int maxBytes)
    {
        _fieldStart = _offset;
        var bytes = Rest;
        _offset = _body.Length;
        return bytes.Length <= maxBytes ? Text(field, bytes) : throw TooLong(field, (ulong)bytes.Length, maxBytes);
    }

    /// <summary>Checks that the body has no more fields. Bytes that are left over make the message malformed.</summary>
    /// <param name="field">What ends here, for error messages.</param>
    public void End(string field = "the end")
    {
        _fieldStart = _offset;
        if (!Rest.IsEmpty)
            throw WrongLength(field, $"leaves {Rest.Length} bytes of the declared length over");
    }

    /// <summary>Returns the exception for the field that was read last, which is malformed.</summary>
    public readonly MoqProtocolException Malformed(string field, string problem) =>
        Failure(MoqErrorCode.Decode, field, problem, _closesSession);

    /// <summary>Returns the exception for the field that was read last, which is well formed but larger than allowed.</summary>
    public readonly MoqProtocolException OutOfBounds(string field, string problem) =>
        Failure(MoqErrorCode.BoundsExceeded, field, problem, _closesSession);

    /// <summary>Returns the exception for the field that was read last, which is well formed but not allowed.</summary>
    public readonly MoqProtocolException Violation(string field, string problem) =>
        Failure(MoqErrorCode.ProtocolViolation, field, problem, _closesSession);

    /// <summary>Returns the exception for a body that does not fill its length exactly.</summary>
    public readonly MoqProtocolException WrongLength(string field, string problem) =>
        Failure(MoqErrorCode.Decode, field, problem, _wrongLengthClosesSession);

    /// <summary>Returns the exception for the field that was read last, with a code of the caller.</summary>
    public readonly MoqProtocolException Failure(MoqErrorCode code, string field, string problem) =>
        Failure(code, field, problem, _closesSession);

    private ReadOnlySpan<byte> Bytes(string field, int maxBytes)
    {
        var length = Varint(field);
        if (length > (ulong)maxBytes)
            throw TooLong(field, length, maxBytes);
        if (length > (ulong)Left)
            throw PastTheEnd(field);
        var bytes = Rest[..(int)length];
        _offset += bytes.Length;
        return bytes;
    }

    private readonly string Text(string field, ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Malformed(field, "is not valid UTF-8");

    private readonly MoqProtocolException TooLong(string field, ulong length, int maxBytes) =>
        OutOfBounds(field, $"is {length} bytes long, more than {maxBytes}");

    private readonly MoqProtocolException PastTheEnd(string field) =>
        WrongLength(field, $"runs past the end of the body of {_body.Length} bytes");

    private readonly MoqProtocolException Failure(MoqErrorCode code, string field, string problem, bool closesSession) =>
        new(code, $"The peer sent a malformed {_message}: {field} at byte {_base + _fieldStart} {problem}.")
        {
            ClosesSession = closesSession,
        };
}
