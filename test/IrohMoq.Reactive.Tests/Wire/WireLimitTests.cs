using System.Buffers;
using IrohMoq.Reactive.Wire;
using NUnit.Framework.Constraints;

namespace IrohMoq.Reactive.Tests.Wire;

public sealed class WireLimitTests
{
    private const ulong TooLarge = 1UL << 53;
    private const MoqVersion V = MoqVersion.Lite03;

    private static IEnumerable<TestCaseData> Oversize()
    {
        yield return Case(new Subscribe(0, "b", "t", new DeliveryTerms(MaxLatency: TooLarge)), "MaxLatency");
        yield return Case(new Subscribe(0, "b", new string('t', 4097), default), "Track");
        yield return Case(new SubscribeUpdate(new DeliveryTerms(StartGroup: TooLarge - 1)), "StartGroup");
        yield return Case(new SubscribeOk(new DeliveryTerms(EndGroup: TooLarge - 1)), "EndGroup");
        yield return Case(new SubscribeOk(new DeliveryTerms(EndGroup: ulong.MaxValue)), "EndGroup");
        yield return Case(new SubscribeDrop(TooLarge, 0, 0), "StartGroup");
        yield return Case(new SubscribeDrop(0, TooLarge, 0), "EndGroup");
        yield return Case(new SubscribeDrop(0, 0, TooLarge), "ErrorCode");
        yield return Case(new GroupHeader(0, TooLarge), "Sequence");
        yield return Case(new GroupHeader(Varint.MaxValue + 1, 0), "value");
        yield return Case(new Fetch("b", "t", 0, TooLarge), "Sequence");
        yield return Case(new Probe(TooLarge), "Bitrate");
        yield return Case(new GroupHeader(0, 0, TooLarge), "FrameStart", MoqVersion.Lite06);
        yield return Case(new Probe(null, TooLarge), "Rtt", MoqVersion.Lite04);
        yield return Case(new AnnounceRequest("b", Varint.MaxValue + 1), "value", MoqVersion.Lite04);
        yield return Case(new AnnounceOk(0, TooLarge), "ActiveCount", MoqVersion.Lite05);
        yield return Case(new AnnounceEnd(Varint.MaxValue + 1), "value", MoqVersion.Lite06);
        yield return Case(new AnnounceStart("b", new Route(default, Varint.MaxValue + 1)), "value", MoqVersion.Lite06);
        yield return Case(new SubscribeEnd(TooLarge), "Group", MoqVersion.Lite05);
        yield return Case(new SubscribeOk(new DeliveryTerms(StartGroup: TooLarge)), "StartGroup", MoqVersion.Lite06);
        yield return Case(new SubscribeDrop(2, 1, 0), "EndGroup", MoqVersion.Lite06);
        yield return Case(new Subscribe(0, "b", "t", new DeliveryTerms(FrameStart: TooLarge)), "FrameStart", MoqVersion.Lite06);
        yield return Case(new SubscribeUpdate(new DeliveryTerms(EndGroup: 1, FrameEnd: TooLarge - 1)), "FrameEnd", MoqVersion.Lite06);
        yield return Case(new TrackInfo(0, false, TooLarge, 1), "MaxLatency", MoqVersion.Lite05);
        yield return Case(new TrackInfo(0, false, 0, TooLarge), "Timescale", MoqVersion.Lite06);
        yield return Case(new TrackInfo(0, false, 0, 0), "Timescale", MoqVersion.Lite06);
        yield return Case(new Goaway(new string('u', 8193)), "Uri", MoqVersion.Lite04);
        yield return Case(new Setup(Path: $"/{new string('p', 8192)}"), "Path", MoqVersion.Lite05);
        yield return Case(new Setup(Hop: Varint.MaxValue + 1), "value", MoqVersion.Lite05);

        static TestCaseData Case<T>(T message, string field, MoqVersion version = V)
            where T : struct, IMessage<T> =>
            new TestCaseData(MessageKind.Named(T.Name), version, message, field).SetArgDisplayNames(
                $"{version}, {T.Name}, {field}, {message}"[..50]);
    }

    [TestCaseSource(nameof(Oversize))]
    public void WhatAPeerWouldRefuse_IsNotSent(object kind, object version, object message, string field) =>
        Assert.That(
            () => ((MessageKind)kind).Encode(message, (MoqVersion)version),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(field).IgnoreCase);

    private static IEnumerable<TestCaseData> Inexpressible()
    {
        yield return Case(new Subscribe(0, "b", "t", new DeliveryTerms(FrameStart: 1)), MoqVersion.Lite05, "FrameStart");
        yield return Case(new SubscribeUpdate(new DeliveryTerms(EndGroup: 1, FrameEnd: 0)), MoqVersion.Lite03, "FrameStart");
        yield return Case(new SubscribeUpdate(new DeliveryTerms(FrameEnd: 0)), MoqVersion.Lite06, "FrameEnd");
        yield return Case(new SubscribeOk(default), MoqVersion.Lite05, "StartGroup");
        yield return Case(new Fetch("b", "t", 0, 0, 5, 4), MoqVersion.Lite06, "FrameEnd");
        yield return Case(new Fetch("b", "t", 0, 0, 1), MoqVersion.Lite05, "FrameStart");
        yield return Case(new Fetch("b", "t", 0, 0, 0, 1), MoqVersion.Lite04, "FrameStart");
        yield return Case(new GroupHeader(0, 0, 1), MoqVersion.Lite05, "FrameStart");
        yield return Case(new AnnounceUpdate(0, new Route(new HopPath([7, 7]))), MoqVersion.Lite06, "Hops");
        yield return Case(new Setup(Path: "room"), MoqVersion.Lite06, "Path");

        static TestCaseData Case<T>(T message, MoqVersion version, string field)
            where T : struct, IMessage<T> =>
            new TestCaseData(MessageKind.Named(T.Name), version, message, field).SetArgDisplayNames(
                $"{version}, {T.Name}, {message}"[..50]);
    }

    [TestCaseSource(nameof(Inexpressible))]
    public void WhatAVersionCannotExpress_IsRefused(object kind, object version, object message, string field) =>
        Assert.That(
            () => ((MessageKind)kind).Encode(message, (MoqVersion)version),
            Throws.ArgumentException.With.Property("ParamName").EqualTo(field));

    [Test]
    public void WhatChangesNothing_IsLeftOut()
    {
        var terms = new DeliveryTerms(1, Ordered: true, MaxLatency: 2);
        Assert.That(Again(new SubscribeUpdate(terms), MoqVersion.Lite06).Terms, Is.EqualTo(new DeliveryTerms(1, false, 2, StartGroup: 0)));
        var ok = new SubscribeOk(terms with { StartGroup = 3 });
        Assert.That(Again(ok, MoqVersion.Lite06).Terms, Is.EqualTo(new DeliveryTerms(StartGroup: 3)));
        Assert.That(Again(new AnnounceRequest("a", 5), MoqVersion.Lite06), Is.EqualTo(new AnnounceRequest("a")));
        Assert.That(Again(new Probe(1, 2), MoqVersion.Lite03), Is.EqualTo(new Probe(1)));
        Assert.That(Again(new Setup(Cost: 3), MoqVersion.Lite05), Is.EqualTo(default(Setup)));
        Assert.That(Again(new TrackInfo(1, true, 2, 3), MoqVersion.Lite06), Is.EqualTo(new TrackInfo(1, false, 2, 3)));
        Assert.That(Again(new Announce(true, "a", new HopPath([7, 8])), MoqVersion.Lite03).Hops, Is.EqualTo(HopPath.Unknown(2)));

        static T Again<T>(T message, MoqVersion version)
            where T : struct, IMessage<T>
        {
            var buffer = new byte[message.MaxEncodedSize];
            Assert.That(MessageCodec.TryRead<T>(buffer.AsSpan(0, message.Encode(buffer, version)), version, out var read, out _), Is.True);
            return read;
        }
    }

    [Test]
    public void RefusedField_LeavesTheOutputAsItWas()
    {
        var output = new ArrayBufferWriter<byte>();

        Assert.That(
            () => new Subscribe(0, "b", "half a pair: \udc00", default).EncodeOpening(output, V),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Track"));
        Assert.That(output.WrittenCount, Is.Zero);
    }

    [Test]
    public void DestinationTooShort_IsAnArgumentErrorAndNotATruncatedString()
    {
        Assert.That(
            () => new Subscribe(0, "b", "a track", default).Encode(new byte[8], V),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Track"));
    }

    [Test]
    public void LongestMessage_IsSentAndRead()
    {
        var message = new Subscribe(
            Varint.MaxValue,
            new string('x', 4096),
            new string('y', 4096),
            new DeliveryTerms(255, true, TooLarge - 1, TooLarge - 2, TooLarge - 2));
        var output = new ArrayBufferWriter<byte>();
        message.EncodeOpening(output, V);

        Assert.That(Subscribe.TryRead(output.WrittenSpan[1..], V, out var read, out _), Is.True);
        Assert.That(read, Is.EqualTo(message));
    }

    [TestCase(65_536, false, TestName = "MessageOfSixtyFourKilobytes_IsWaitedFor")]
    [TestCase(65_537, true, TestName = "MessageLargerThanSixtyFourKilobytes_IsRefusedOnItsLengthAlone")]
    public void MessageLength_IsLimited(int length, bool refused)
    {
        var prefix = new byte[Varint.MaxLength];
        var n = Varint.Write(prefix, (ulong)length);
        if (refused)
        {
            Assert.That(
                () => Announce.TryRead(prefix.AsSpan(0, n), V, out _, out _),
                Throws.TypeOf<MoqProtocolException>().With.Property("Code").EqualTo(MoqErrorCode.Decode)
                    .And.Message.Contains("ANNOUNCE").And.Message.Contains("65537").And.Message.Contains("65536"));
        }
        else
        {
            Assert.That(Announce.TryRead(prefix.AsSpan(0, n), V, out _, out _), Is.False);
        }
    }

    [Test]
    public void LargestLengthOfAll_DoesNotOverflow()
    {
        byte[] largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        byte[] stringInBody = [.. largest, 0x61];

        Assert.That(() => GroupHeader.TryRead(largest, V, out _, out _), Throws.TypeOf<MoqProtocolException>());
        Assert.That(() => FrameHeader.TryRead(largest, V, out _, out _, out _), Throws.TypeOf<MoqProtocolException>());
        Assert.That(() => AnnounceRequest.Decode(stringInBody, V), Throws.TypeOf<MoqProtocolException>());
    }

    [Test]
    public void StringLongerThanFourKilobytes_IsOutOfBounds()
    {
        byte[] body = [0x50, 0x01, .. new byte[4097]];

        var error = Assert.Throws<MoqProtocolException>(() => AnnounceRequest.Decode(body, V));

        Assert.That(error.Code, Is.EqualTo(MoqErrorCode.BoundsExceeded));
        Assert.That(error.Message, Does.Contain("ANNOUNCE_REQUEST").And.Contain("prefix at byte 0").And.Contain("4097"));
    }

    [Test]
    public void Malformed_NamesMessageFieldAndOffset()
    {
        // A SUBSCRIBE whose track begins at byte 3 and runs past the end.
        Assert.That(
            () => Subscribe.Decode([0x01, 0x01, 0x61, 0x05, 0x76], V),
            Throws.TypeOf<MoqProtocolException>().With.Message.EqualTo(
                "The peer sent a malformed SUBSCRIBE: track at byte 3 runs past the end of the body of 5 bytes."));
        Assert.That(
            () => Announce.Decode([0x07, 0x00, 0x00], V),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("ANNOUNCE: status at byte 0 is 7"));
        Assert.That(
            () => Announce.Decode([0x01, 0x00, 0x40, 0x21], V),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("hops at byte 2 is 33")
                .And.Property("Code").EqualTo(MoqErrorCode.BoundsExceeded));
    }

    [Test]
    public void UnknownVersion_IsTheCallersMistake()
    {
        foreach (var unknown in new[] { (MoqVersion)2, (MoqVersion)7 })
        {
            foreach (var act in new Action[]
                     {
                         () => GroupHeader.Decode([0, 0, 0], unknown),
                         () => new GroupHeader(0, 0).Encode(new byte[GroupHeader.MaxSize], unknown),
                         () => FrameHeader.TryRead([0], unknown, out _, out _, out _),
                         () => FrameHeader.Write(new byte[8], 0, unknown),
                         () => DatagramHeader.TryRead([0, 0, 0], unknown, out _, out _),
                         () => WireCodes.ToWire(unknown, CodeSpace.Stream, MoqErrorCode.Cancel),
                         () => WireCodes.FromWire(unknown, CodeSpace.Session, 0),
                         () => _ = unknown.Alpn,
                     })
                Assert.That(act, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(unknown));
        }
    }

    [Test]
    public void MessageThatAVersionLacks_IsTheCallersMistake()
    {
        foreach (var kind in MessageKind.All)
        {
            foreach (var version in MoqVersions.Known.Append((MoqVersion)2).Append((MoqVersion)7))
            {
                var message = kind.Sample;
                if (kind.Versions.Contains(version))
                {
                    var read = kind.ReadToEnd(kind.Encode(message, version), version);
                    Assert.That(read!.Value.Message, Is.EqualTo(message), $"{kind}, {version}");
                    continue;
                }

                Assert.That(() => kind.Encode(message, version), NotSpoken(version), $"{kind}, {version}");
                Assert.That(() => kind.Decode(new byte[64], version), NotSpoken(version), $"{kind}, {version}");
            }
        }

        Assert.That(() => AnnounceResponse.TryRead([7, 0], MoqVersion.Lite05, out _, out _), NotSpoken(MoqVersion.Lite05));
        Assert.That(() => DatagramHeader.TryRead([0, 0, 0], MoqVersion.Lite04, out _, out _), NotSpoken(MoqVersion.Lite04));
        Assert.That(() => new DatagramHeader(0, 0, 0).Write(new byte[24], 0, MoqVersion.Lite03), NotSpoken(MoqVersion.Lite03));

        static IResolveConstraint NotSpoken(MoqVersion version) =>
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(version);
    }
}
