using System.Buffers;

namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Whole messages, length and all: <c>Subscribe.TryRead(buffer, version, ...)</c>, <c>subscribe.Encode(output, version)</c>.
/// </summary>
internal static class MessageCodec
{
    // Stream type and response type take a byte each, the length of a body at most four.
    private const int MaxOverhead = 1 + 1 + 4;

    extension<T>(T message)
        where T : struct, IMessage<T>
    {
        /// <summary>Gets the bytes that <c>Encode</c> or <c>EncodeOpening</c> needs at most.</summary>
        public int MaxEncodedSize => message.MaxBodySize + MaxOverhead;

        /// <summary>Decodes a body that is there whole.</summary>
        /// <exception cref="MoqProtocolException">The body is malformed.</exception>
        public static T Decode(ReadOnlySpan<byte> body, MoqVersion version)
        {
            var reader = new WireReader(T.Name, body);
            var decoded = T.ReadBody(ref reader, version);
            reader.End();
            return decoded;
        }

        /// <summary>Takes one message, its type (where it has one) and length included, from the start of the buffer.</summary>
        /// <param name="buffer">The bytes of the stream that are not consumed yet.</param>
        /// <param name="version">The session's version.</param>
        /// <param name="decoded">The message.</param>
        /// <param name="consumed">How many bytes it took; 0 if bytes are missing.</param>
        /// <returns>
        /// False if bytes are missing: read more, or, at the end of the stream, throw <see cref="MessageFraming.Truncated"/>.
        /// </returns>
        /// <exception cref="MoqProtocolException">The message is malformed, too large or another one.</exception>
        public static bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out T decoded, out int consumed)
        {
            decoded = default;
            consumed = 0;
            var prefix = 0;
            if (T.ResponseType is { } expected)
            {
                if (!Varint.TryRead(buffer, out var type, out prefix))
                    return false;
                if (type != expected)
                {
                    throw new MoqProtocolException(
                        MoqErrorCode.Decode, $"The peer sent a response of type {type} where a {T.Name} ({expected}) was expected.");
                }
            }

            if (!MessageFraming.TryReadBody(buffer[prefix..], T.Name, out var body, out var framed))
                return false;
            decoded = Decode<T>(body, version);
            consumed = prefix + framed;
            return true;
        }

        /// <summary>Writes type (where it has one), length and body.</summary>
        /// <param name="destination">At least <c>MaxEncodedSize</c> long.</param>
        /// <param name="version">The session's version.</param>
        /// <returns>How many bytes were written.</returns>
        /// <exception cref="ArgumentException">A field is larger than peers take.</exception>
        public int Encode(Span<byte> destination, MoqVersion version)
        {
            var writer = new WireWriter(destination);
            Write(ref writer, message, version);
            return writer.Written;
        }

        /// <summary>Writes type (where it has one), length and body. A field that is refused leaves the output as it was.</summary>
        /// <exception cref="ArgumentException">A field is larger than peers take.</exception>
        public void Encode(IBufferWriter<byte> output, MoqVersion version) =>
            output.Advance(message.Encode(output.GetSpan(message.MaxEncodedSize), version));
    }

    extension<T>(T message)
        where T : struct, IOpeningMessage<T>
    {
        /// <summary>Writes the stream's type and the message, to be sent in one go.</summary>
        /// <param name="destination">At least <c>MaxEncodedSize</c> long.</param>
        /// <param name="version">The session's version.</param>
        /// <returns>How many bytes were written.</returns>
        /// <exception cref="ArgumentException">A field is larger than peers take.</exception>
        public int EncodeOpening(Span<byte> destination, MoqVersion version)
        {
            var writer = new WireWriter(destination);
            writer.Varint(T.StreamType);
            Write(ref writer, message, version);
            return writer.Written;
        }

        /// <summary>Writes the stream's type and the message. A field that is refused leaves the output as it was.</summary>
        /// <exception cref="ArgumentException">A field is larger than peers take.</exception>
        public void EncodeOpening(IBufferWriter<byte> output, MoqVersion version) =>
            output.Advance(message.EncodeOpening(output.GetSpan(message.MaxEncodedSize), version));
    }

    private static void Write<T>(ref WireWriter writer, in T message, MoqVersion version)
        where T : struct, IMessage<T>
    {
        if (T.ResponseType is { } type)
            writer.Varint(type);
        var body = writer.BeginBody();
        message.WriteBody(ref writer, version);
        writer.EndBody(body);
    }
}
