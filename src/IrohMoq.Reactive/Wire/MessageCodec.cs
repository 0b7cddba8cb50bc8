using System.Buffers;

namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Reads and writes complete messages, including their lengths: <c>Subscribe.TryRead(buffer, version, ...)</c>,
/// <c>subscribe.Encode(output, version)</c>.
/// </summary>
internal static class MessageCodec
{
    // The stream type and the response type take one byte each, the length of a body at most four.
    private const int MaxOverhead = 1 + 1 + 4;

    extension<T>(T message)
        where T : struct, IMessage<T>
    {
        /// <summary>Gets the maximum number of bytes that <c>Encode</c> or <c>EncodeOpening</c> writes.</summary>
        public int MaxEncodedSize => message.MaxBodySize + MaxOverhead;

        /// <summary>Decodes a complete body.</summary>
        /// <exception cref="MoqProtocolException">The body is malformed.</exception>
        public static T Decode(ReadOnlySpan<byte> body, MoqVersion version)
        {
            var reader = new WireReader(T.Name, body, T.ClosesSession(version), version >= MoqVersion.Lite06);
            var decoded = T.ReadBody(ref reader, version);
            reader.End();
            return decoded;
        }

        /// <summary>Reads one message, including its type (if it has one) and its length, from the start of the buffer.</summary>
        /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
        /// <param name="version">The protocol version of the session.</param>
        /// <param name="decoded">The message.</param>
        /// <param name="consumed">The number of bytes of the message, or 0 if bytes are missing.</param>
        /// <returns>
        /// False if bytes are missing: read more, or, at the end of the stream, throw <see cref="MessageFraming.Truncated"/>.
        /// </returns>
        /// <exception cref="MoqProtocolException">The message is malformed, too large or of another type.</exception>
        public static bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out T decoded, out int consumed)
        {
            decoded = default;
            consumed = 0;
            var prefix = 0;
            if (T.ResponseType(version) is { } expected)
            {
                if (!Varint.TryRead(buffer, out var type, out prefix))
                    return false;
                if (type != expected)
                {
                    throw new MoqProtocolException(
                        MoqErrorCode.Decode, $"The peer sent a response of type {type} where a {T.Name} ({expected}) was expected.")
                    {
                        ClosesSession = T.ClosesSession(version),
                    };
                }
            }

            if (!MessageFraming.TryReadBody(buffer[prefix..], T.Name, T.ClosesSession(version), out var body, out var framed))
                return false;
            decoded = Decode<T>(body, version);
            consumed = prefix + framed;
            return true;
        }

        /// <summary>Writes the type (if the message has one), the length and the body.</summary>
        /// <param name="destination">The buffer to write to, at least <c>MaxEncodedSize</c> bytes long.</param>
        /// <param name="version">The protocol version of the session.</param>
        /// <returns>The number of bytes that were written.</returns>
        /// <exception cref="ArgumentException">A field is larger than peers accept.</exception>
        public int Encode(Span<byte> destination, MoqVersion version)
        {
            var writer = new WireWriter(destination);
            Write(ref writer, message, version);
            return writer.Written;
        }

        /// <summary>
        /// Writes the type (if the message has one), the length and the body. If a field is refused, the output is not changed.
        /// </summary>
        /// <exception cref="ArgumentException">A field is larger than peers accept.</exception>
        public void Encode(IBufferWriter<byte> output, MoqVersion version) =>
            output.Advance(message.Encode(output.GetSpan(message.MaxEncodedSize), version));
    }

    extension<T>(T message)
        where T : struct, IOpeningMessage<T>
    {
        /// <summary>Writes the type of the stream and the message, to be sent in one operation.</summary>
        /// <param name="destination">The buffer to write to, at least <c>MaxEncodedSize</c> bytes long.</param>
        /// <param name="version">The protocol version of the session.</param>
        /// <returns>The number of bytes that were written.</returns>
        /// <exception cref="ArgumentException">A field is larger than peers accept.</exception>
        public int EncodeOpening(Span<byte> destination, MoqVersion version)
        {
            var writer = new WireWriter(destination);
            writer.Varint(T.StreamType);
            Write(ref writer, message, version);
            return writer.Written;
        }

        /// <summary>Writes the type of the stream and the message. If a field is refused, the output is not changed.</summary>
        /// <exception cref="ArgumentException">A field is larger than peers accept.</exception>
        public void EncodeOpening(IBufferWriter<byte> output, MoqVersion version) =>
            output.Advance(message.EncodeOpening(output.GetSpan(message.MaxEncodedSize), version));
    }

    private static void Write<T>(ref WireWriter writer, in T message, MoqVersion version)
        where T : struct, IMessage<T>
    {
        if (T.ResponseType(version) is { } type)
            writer.Varint(type);
        var body = writer.BeginBody();
        message.WriteBody(ref writer, version);
        writer.EndBody(body);
    }
}
