using IrohMoq.Reactive;
using IrohMoq.Reactive.Wire;
using static IrohMoq.Reactive.Wire.MoqVersion;

namespace IrohMoq.Benchmarks;

/// <summary>Represents a message of one version that is encoded and decoded.</summary>
public abstract class MessageCase
{
    private static readonly MoqVersion[] Since03 = [Lite03, Lite04, Lite05, Lite06];
    private static readonly MoqVersion[] Since04 = [Lite04, Lite05, Lite06];
    private static readonly MoqVersion[] Since05 = [Lite05, Lite06];
    private static readonly HopPath Hops = new([320_254_236_426_241, 7, 2_000_000]);
    private static readonly DeliveryTerms Terms = new(7, false, 300, 10, 20);
    private static readonly Route Route = new(Hops, 3, 70);

    /// <summary>Gets each message of each version.</summary>
    public static IReadOnlyList<MessageCase> All { get; } =
    [
        .. Of(Since05, _ => new Setup(ProbeLevel.Report, Role: SessionRole.Subscriber, Hop: 320_254_236_426_241)),
        .. Of(Since03, version => new AnnounceRequest("room", version is Lite04 or Lite05 ? 7UL : 0)),
        .. Of(Since05, _ => new AnnounceOk(320_254_236_426_241, 2)),
        .. Of([Lite03], _ => new Announce(true, "room/alice", HopPath.Unknown(3))),
        .. Of([Lite04, Lite05], _ => new Announce(true, "room/alice", Hops)),
        .. Of([Lite06], _ => new AnnounceStart("room/alice", Route)),
        .. Of([Lite06], _ => new AnnounceEnd(64)),
        .. Of([Lite06], _ => new AnnounceUpdate(3, Route)),
        .. Of(Since03, _ => new Subscribe(1_000, "room/alice", "video", Terms)),
        .. Of(Since03, _ => new SubscribeUpdate(Terms)),
        .. Of(Since03, version => new SubscribeOk(version < Lite05 ? Terms : new DeliveryTerms(StartGroup: 10))),
        .. Of(Since05, _ => new SubscribeEnd(70_000)),
        .. Of(Since03, _ => new SubscribeDrop(5, 7, 2)),
        .. Of(Since05, _ => new TrackRequest("room/alice", "video")),
        .. Of(Since05, _ => new TrackInfo(1, false, 5_000, 90_000)),
        .. Of(Since03, _ => new Fetch("room/alice", "video", 7, 70_000)),
        .. Of(Since03, _ => new Probe(2_500_000)),
        .. Of(Since04, _ => new Goaway("")),
        .. Of(Since03, _ => new GroupHeader(1_000, 70_000)),
        .. Since03.Select(static version => new FrameCase(version)),
        .. Since05.Select(static version => new DatagramCase(version)),
    ];

    /// <summary>Encodes the message, and returns its length in bytes.</summary>
    public abstract int Encode();

    /// <summary>Decodes the message, and returns its length in bytes.</summary>
    public abstract int Decode();

    private static IEnumerable<MessageCase> Of<T>(MoqVersion[] versions, Func<MoqVersion, T> create)
        where T : struct, IMessage<T> => versions.Select(version => new Case<T>(create(version), version));

    private sealed class Case<T> : MessageCase
        where T : struct, IMessage<T>
    {
        private readonly T _message;
        private readonly MoqVersion _version;
        private readonly byte[] _bytes;
        private readonly byte[] _output;

        public Case(T message, MoqVersion version)
        {
            _message = message;
            _version = version;
            _output = new byte[message.MaxEncodedSize];
            _bytes = _output[..message.Encode(_output, version)];
        }

        public override int Encode() => _message.Encode(_output, _version);

        public override int Decode() =>
            MessageCodec.TryRead<T>(_bytes, _version, out _, out var consumed)
                ? consumed
                : throw new InvalidOperationException($"{this} does not come back.");

        public override string ToString() => $"{_version} {T.Name}";
    }

    /// <summary>Represents the header of a frame, which has no length of its own.</summary>
    private sealed class FrameCase(MoqVersion version) : MessageCase
    {
        private readonly byte[] _bytes = new byte[FrameHeader.MaxSize];

        public override int Encode() => FrameHeader.Write(_bytes, 1_200, version, delta: 3_000);

        public override int Decode()
        {
            if (_bytes[0] == 0)
                Encode();
            return FrameHeader.TryRead(_bytes, version, out _, out _, out var consumed)
                ? consumed
                : throw new InvalidOperationException($"{this} does not come back.");
        }

        public override string ToString() => $"{version} {FrameHeader.Name}";
    }

    /// <summary>Represents the header of a datagram.</summary>
    private sealed class DatagramCase(MoqVersion version) : MessageCase
    {
        private readonly byte[] _bytes = new byte[DatagramHeader.MaxSize];

        public override int Encode() => new DatagramHeader(1_000, 70_000, 3_000).Write(_bytes, 1_000, version);

        public override int Decode()
        {
            if (_bytes[0] == 0)
                Encode();
            return DatagramHeader.TryRead(_bytes, version, out _, out var length)
                ? length
                : throw new InvalidOperationException($"{this} does not come back.");
        }

        public override string ToString() => $"{version} DATAGRAM";
    }
}
