using System.Text.Json;
using IrohMoq.Reactive.Wire;
using static IrohMoq.Reactive.Wire.MoqVersion;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>A message type by its name, boxed, so that one test can go through all of them.</summary>
internal abstract class MessageKind
{
    private static readonly MoqVersion[] Since03 = [Lite03, Lite04, Lite05, Lite06];
    private static readonly MoqVersion[] Since04 = [Lite04, Lite05, Lite06];
    private static readonly MoqVersion[] Since05 = [Lite05, Lite06];
    private static readonly MoqVersion[] Until05 = [Lite03, Lite04, Lite05];
    private static readonly MoqVersion[] Since06 = [Lite06];

    public static readonly MessageKind[] All =
    [
        new Of<Setup>(Since05, (f, _) => MessageFields.Setup(f)),
        new Of<AnnounceRequest>(Since03, (f, _) => new(f.Text("prefix"), f.Number("excludeHop") ?? 0)),
        new Of<AnnounceOk>(Since05, (f, _) => new(f.Required("hopId"), f.Required("activeCount"))),
        new Of<Announce>(Until05, MessageFields.Announce),
        new Of<AnnounceStart>(Since06, (f, _) => new(f.Text("suffix"), MessageFields.Route(f))),
        new Of<AnnounceEnd>(Since06, (f, _) => new(f.Required("announceId"))),
        new Of<AnnounceUpdate>(Since06, (f, _) => new(f.Required("announceId"), MessageFields.Route(f))),
        new Of<Subscribe>(Since03, (f, v) => new(f.Required("id"), f.Text("broadcast"), f.Text("track"), MessageFields.Terms(f, v))),
        new Of<SubscribeUpdate>(Since03, (f, v) => new(MessageFields.Terms(f, v))),
        new Of<SubscribeOk>(Since03, MessageFields.Ok),
        new Of<SubscribeEnd>(Since05, (f, _) => new(f.Required("group"))),
        new Of<SubscribeDrop>(Since03, (f, _) => new(f.Required("start"), f.Required("end"), f.Required("error"))),
        new Of<TrackRequest>(Since05, (f, _) => new(f.Text("broadcast"), f.Text("track"))),
        new Of<TrackInfo>(Since05, MessageFields.TrackInfo),
        new Of<Fetch>(Since03, (f, _) => MessageFields.Fetch(f)),
        new Of<Probe>(Since03, (f, _) => new(f.Number("bitrate"), f.Number("rtt"))),
        new Of<Goaway>(Since04, (f, _) => new(f.Text("uri"))),
        new Of<GroupHeader>(Since03, (f, _) => new(f.Required("subscribe"), f.Required("sequence"), f.Number("frameStart") ?? 0)),
    ];

    public abstract string Name { get; }

    public abstract IReadOnlyList<MoqVersion> Versions { get; }

    /// <summary>Gets a message that every version expresses that has the kind.</summary>
    public abstract object Sample { get; }

    // Peers call SUBSCRIBE_OK SUBSCRIBE_START in moq-lite-05.
    public static MessageKind Named(string name) => All.Single(kind => kind.Name == (name == "SUBSCRIBE_START" ? "SUBSCRIBE_OK" : name));

    public abstract bool HasType(MoqVersion version);

    public abstract bool ClosesSession(MoqVersion version);

    public abstract bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out object message, out int consumed);

    public abstract object Decode(ReadOnlySpan<byte> body, MoqVersion version);

    public abstract byte[] Encode(object message, MoqVersion version);

    public abstract int MaxEncodedSize(object message);

    public abstract bool Holds(object message);

    /// <summary>Returns the message of the fields of a reference vector.</summary>
    public abstract object FromFields(JsonElement fields, MoqVersion version);

    /// <summary>Returns the bytes that encoding and decoding a message allocate, without the boxing of this class.</summary>
    public abstract (long Encode, long Decode) Allocations(object message, MoqVersion version);

    /// <summary>Reads bytes that are followed by the end of the stream, as a session does. Returns null for a clean end.</summary>
    public (object Message, int Consumed)? ReadToEnd(ReadOnlySpan<byte> stream, MoqVersion version)
    {
        if (stream.IsEmpty)
            return null;
        return TryRead(stream, version, out var message, out var consumed)
            ? (message, consumed)
            : throw MessageFraming.Truncated(Name, stream.Length, ClosesSession(version));
    }

    public override string ToString() => Name;

    private sealed class Of<T>(IReadOnlyList<MoqVersion> versions, Func<JsonElement, MoqVersion, T> fromFields) : MessageKind
        where T : struct, IMessage<T>
    {
        public override string Name => T.Name;

        public override IReadOnlyList<MoqVersion> Versions => versions;

        public override object Sample => default(T) switch
        {
            Goaway => new Goaway(""),
            TrackRequest => new TrackRequest("b", "t"),
            TrackInfo => new TrackInfo(0, false, 0, 1),
            Fetch => new Fetch("b", "t", 0, 0),
            Subscribe => new Subscribe(0, "b", "t", new DeliveryTerms(StartGroup: 0)),
            SubscribeUpdate => new SubscribeUpdate(new DeliveryTerms(StartGroup: 0)),
            SubscribeOk => new SubscribeOk(new DeliveryTerms(StartGroup: 0)),
            var other => other,
        };

        public override bool HasType(MoqVersion version) => T.ResponseType(version) is not null;

        public override bool ClosesSession(MoqVersion version) => T.ClosesSession(version);

        public override bool TryRead(ReadOnlySpan<byte> buffer, MoqVersion version, out object message, out int consumed)
        {
            var done = MessageCodec.TryRead<T>(buffer, version, out var decoded, out consumed);
            message = decoded;
            return done;
        }

        public override object Decode(ReadOnlySpan<byte> body, MoqVersion version) => MessageCodec.Decode<T>(body, version);

        public override byte[] Encode(object message, MoqVersion version)
        {
            var typed = (T)message;
            var buffer = new byte[typed.MaxEncodedSize];
            return buffer[..typed.Encode(buffer, version)];
        }

        public override int MaxEncodedSize(object message) => ((T)message).MaxEncodedSize;

        public override bool Holds(object message) => message is T;

        public override (long Encode, long Decode) Allocations(object message, MoqVersion version)
        {
            var typed = (T)message;
            var buffer = new byte[typed.MaxEncodedSize];
            var start = GC.GetAllocatedBytesForCurrentThread();
            var length = typed.Encode(buffer, version);
            var encoded = GC.GetAllocatedBytesForCurrentThread();
            MessageCodec.TryRead<T>(buffer.AsSpan(0, length), version, out _, out _);
            return (encoded - start, GC.GetAllocatedBytesForCurrentThread() - encoded);
        }

        public override object FromFields(JsonElement fields, MoqVersion version) => fromFields(fields, version);
    }
}
