using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>A message type by its name, boxed, so that one test can go through all of them.</summary>
internal abstract class MessageKind
{
    public static readonly MessageKind[] All =
    [
        new Of<AnnounceRequest>(f => new(f.Text("prefix"))),
        new Of<Announce>(f => new(f.Text("status") == "active", f.Text("suffix"), Hops(f))),
        new Of<Subscribe>(f => new(f.Number("id")!.Value, f.Text("broadcast"), f.Text("track"), Terms(f))),
        new Of<SubscribeUpdate>(f => new(Terms(f))),
        new Of<SubscribeOk>(f => new(Terms(f))),
        new Of<SubscribeDrop>(f => new(f.Number("start")!.Value, f.Number("end")!.Value, f.Number("error")!.Value)),
        new Of<GroupHeader>(f => new(f.Number("subscribe")!.Value, f.Number("sequence")!.Value)),
        new Of<Fetch>(f => new(f.Text("broadcast"), f.Text("track"), f.GetProperty("priority").GetByte(), f.Number("group")!.Value)),
        new Of<Probe>(f => new(f.Number("bitrate"))),
    ];

    public static MessageKind Named(string name) => All.Single(kind => kind.Name == name);

    public abstract string Name { get; }

    public abstract bool TryRead(ReadOnlySpan<byte> buffer, out object message, out int consumed);

    public abstract object Decode(ReadOnlySpan<byte> body);

    public abstract byte[] Encode(object message);

    public abstract int MaxEncodedSize(object message);

    /// <summary>Returns the message of the fields of a reference vector.</summary>
    public abstract object FromFields(JsonElement fields);

    /// <summary>Reads bytes that are followed by the end of the stream, as a session does. Returns null for a clean end.</summary>
    public (object Message, int Consumed)? ReadToEnd(ReadOnlySpan<byte> stream)
    {
        if (stream.IsEmpty)
            return null;
        return TryRead(stream, out var message, out var consumed)
            ? (message, consumed)
            : throw MessageFraming.Truncated(Name, stream.Length);
    }

    public override string ToString() => Name;

    private static DeliveryTerms Terms(JsonElement fields) => new(
        fields.GetProperty("priority").GetByte(),
        fields.GetProperty("ordered").GetBoolean(),
        fields.Number("maxLatency")!.Value,
        fields.Number("startGroup"),
        fields.Number("endGroup"));

    private static int Hops(JsonElement fields) => fields.TryGetProperty("hops", out var hops)
        ? hops.GetArrayLength()
        : (int)(fields.Number("hopCount") ?? 0);

    private sealed class Of<T>(Func<JsonElement, T> fromFields) : MessageKind
        where T : struct, IMessage<T>
    {
        public override string Name => T.Name;

        public override bool TryRead(ReadOnlySpan<byte> buffer, out object message, out int consumed)
        {
            var done = MessageCodec.TryRead<T>(buffer, MoqVersion.Lite03, out var decoded, out consumed);
            message = decoded;
            return done;
        }

        public override object Decode(ReadOnlySpan<byte> body) => MessageCodec.Decode<T>(body, MoqVersion.Lite03);

        public override byte[] Encode(object message)
        {
            var typed = (T)message;
            var buffer = new byte[typed.MaxEncodedSize];
            return buffer[..typed.Encode(buffer, MoqVersion.Lite03)];
        }

        public override int MaxEncodedSize(object message) => ((T)message).MaxEncodedSize;

        public override object FromFields(JsonElement fields) => fromFields(fields);
    }
}
