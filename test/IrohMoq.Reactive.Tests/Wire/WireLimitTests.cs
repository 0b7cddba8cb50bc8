using System.Buffers;
using IrohMoq.Reactive.Wire;

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
        yield return Case(new Announce(true, "a", 33), "Hops");
        yield return Case(new Announce(true, "a", -1), "Hops");

        static TestCaseData Case<T>(T message, string field)
            where T : struct, IMessage<T> =>
            new TestCaseData(MessageKind.Named(T.Name), message, field).SetArgDisplayNames($"{T.Name}, {field}, {message}"[..40]);
    }

    [TestCaseSource(nameof(Oversize))]
    public void WhatAPeerWouldRefuse_IsNotSent(object kind, object message, string field) =>
        Assert.That(
            () => ((MessageKind)kind).Encode(message),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(field).IgnoreCase);

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
        Assert.That(() => FrameHeader.TryRead(largest, V, out _, out _), Throws.TypeOf<MoqProtocolException>());
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
        var unknown = (MoqVersion)2;
        foreach (var act in new Action[]
                 {
                     () => GroupHeader.Decode([0, 0], unknown),
                     () => new GroupHeader(0, 0).Encode(new byte[GroupHeader.MaxSize], unknown),
                     () => FrameHeader.TryRead([0], unknown, out _, out _),
                     () => FrameHeader.Write(new byte[8], 0, unknown),
                     () => _ = unknown.Alpn,
                 })
            Assert.That(act, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ActualValue").EqualTo(unknown));
    }
}
