using System.Text;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>One message of a stream.</summary>
/// <param name="Message">The decoded message.</param>
/// <param name="End">The position behind the message, in bytes.</param>
internal readonly record struct StreamMessage(object Message, int End);

/// <summary>A frame of a group, with its absolute timestamp.</summary>
internal sealed record FrameMessage(ulong Timestamp, string Payload);

/// <summary>Bytes that are no complete message.</summary>
internal sealed record IncompleteMessage(string Hex);

/// <summary>Decodes everything that one side wrote on a stream, with the decoders of the library.</summary>
internal static class StreamMessages
{
    private delegate bool TryRead<T>(ReadOnlySpan<byte> buffer, MoqVersion version, out T message, out int consumed);

    /// <summary>Decodes what the opener of a stream wrote.</summary>
    public static IReadOnlyList<StreamMessage> OfOpener(ReadOnlySpan<byte> bytes, string type, MoqVersion version)
    {
        var messages = new List<StreamMessage>();
        if (!Varint.TryRead(bytes, out _, out var start))
            return messages;
        switch (type)
        {
            case "Setup":
                Read<Setup>(bytes, start, version, messages, MessageCodec.TryRead);
                break;
            case "Announce":
                Read<AnnounceRequest>(bytes, start, version, messages, MessageCodec.TryRead);
                break;
            case "Subscribe":
                start = ReadOne<Subscribe>(bytes, start, version, messages);
                Read<SubscribeUpdate>(bytes, start, version, messages, MessageCodec.TryRead);
                break;
            case "Track":
                Read<TrackRequest>(bytes, start, version, messages, MessageCodec.TryRead);
                break;
            case "Fetch":
                Read<Fetch>(bytes, start, version, messages, MessageCodec.TryRead);
                break;
            case "Goaway":
                Read<Goaway>(bytes, start, version, messages, MessageCodec.TryRead);
                break;
            case "Group":
                start = ReadOne<GroupHeader>(bytes, start, version, messages);
                ReadFrames(bytes, start, version, messages);
                break;
            default:
                throw new FormatException($"The stream type '{type}' is unknown.");
        }

        return messages;
    }

    /// <summary>Decodes what the acceptor of a bidirectional stream wrote.</summary>
    public static IReadOnlyList<StreamMessage> OfAcceptor(ReadOnlySpan<byte> bytes, string type, MoqVersion version)
    {
        var messages = new List<StreamMessage>();
        switch (type)
        {
            case "Announce":
                var start = version.HasSetup ? ReadOne<AnnounceOk>(bytes, 0, version, messages) : 0;
                if (version.HasRoutes)
                    Read<AnnounceResponse>(bytes, start, version, messages, AnnounceResponse.TryRead);
                else
                    Read<Announce>(bytes, start, version, messages, MessageCodec.TryRead);
                break;
            case "Subscribe":
                Read<SubscribeResponse>(bytes, 0, version, messages, SubscribeResponse.TryRead);
                break;
            case "Track":
                Read<TrackInfo>(bytes, 0, version, messages, MessageCodec.TryRead);
                break;
            case "Fetch":
                ReadFrames(bytes, 0, version, messages);
                break;
            default:
                if (!bytes.IsEmpty)
                    throw new FormatException($"A {type} stream has no answer.");
                break;
        }

        return messages;
    }

    /// <summary>Returns the name of the type of a stream that begins with some bytes, or null if it is not known yet.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> bytes, bool isBidi) => !Varint.TryRead(bytes, out var type, out _)
        ? null
        : isBidi ? ((BidiStreamType)type).ToString() : ((UniStreamType)type).ToString();

    private static int ReadOne<T>(ReadOnlySpan<byte> bytes, int start, MoqVersion version, List<StreamMessage> messages)
        where T : struct, IMessage<T>
    {
        if (!MessageCodec.TryRead<T>(bytes[start..], version, out var message, out var consumed))
            return start;
        messages.Add(new StreamMessage(message, start + consumed));
        return start + consumed;
    }

    private static void Read<T>(
        ReadOnlySpan<byte> bytes, int start, MoqVersion version, List<StreamMessage> messages, TryRead<T> tryRead)
        where T : struct
    {
        while (start < bytes.Length)
        {
            if (!tryRead(bytes[start..], version, out var message, out var consumed))
            {
                AddRest(bytes, start, messages);
                return;
            }

            start += consumed;
            messages.Add(new StreamMessage(Unwrap(message), start));
        }
    }

    private static void ReadFrames(ReadOnlySpan<byte> bytes, int start, MoqVersion version, List<StreamMessage> messages)
    {
        var timestamp = 0UL;
        while (start < bytes.Length)
        {
            if (!FrameHeader.TryRead(bytes[start..], version, out var delta, out var size, out var consumed)
                || bytes.Length - start - consumed < (int)size)
            {
                AddRest(bytes, start, messages);
                return;
            }

            timestamp = TimestampDelta.Apply(timestamp, delta);
            start += consumed;
            var payload = Encoding.UTF8.GetString(bytes.Slice(start, (int)size));
            start += (int)size;
            messages.Add(new StreamMessage(new FrameMessage(timestamp, payload), start));
        }
    }

    private static void AddRest(ReadOnlySpan<byte> bytes, int start, List<StreamMessage> messages) =>
        messages.Add(new StreamMessage(new IncompleteMessage(Convert.ToHexStringLower(bytes[start..])), bytes.Length));

    private static object Unwrap<T>(T message)
        where T : struct => message switch
    {
        AnnounceResponse one => one.Start ?? one.Update ?? (object?)one.End ?? one,
        SubscribeResponse one => one.Ok ?? one.Drop ?? (object?)one.End ?? one,
        _ => message,
    };
}
