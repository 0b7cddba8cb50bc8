using System.Buffers;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Versions, first bytes of streams, responses and frames: what a session puts together.</summary>
public sealed class SessionStartTests
{
    private const MoqVersion V = MoqVersion.Lite03;

    [Test]
    public void Version_IsKnownByItsAlpn()
    {
        string[] names = ["moq-lite-06", "moq-lite-05", "moq-lite-04", "moq-lite-03"];
        Assert.That(MoqVersions.Offered, Is.EqualTo(names));
        Assert.That(MoqVersions.Known.Select(known => known.Alpn), Is.EqualTo(names));
        foreach (var known in MoqVersions.Known)
        {
            Assert.That(MoqVersions.TryFromAlpn(known.Alpn, out var version), Is.True);
            Assert.That(version, Is.EqualTo(known));
        }

        foreach (var other in new[] { "moq-lite-02", "moq-lite-06-wip", "moq-lite-07-wip", "MOQ-LITE-03", "moql", "", null })
            Assert.That(MoqVersions.TryFromAlpn(other, out _), Is.False, other);
    }

    [Test]
    public void Opening_IsStreamTypeAndMessageInOnePiece()
    {
        Assert.That(Opening(new AnnounceRequest("")), Is.EqualTo("010100"));
        Assert.That(Opening(new AnnounceRequest("/room/")), Is.EqualTo("010504726f6f6d"));
        Assert.That(
            Opening(new Subscribe(0, "room/alice", "video", new DeliveryTerms(7, MaxLatency: 500))),
            Is.EqualTo("0218000a726f6f6d2f616c69636505766964656f070041f40000"));
        Assert.That(Opening(new Fetch("b", "t", 0, 0)), Is.EqualTo("030601620174" + "0000"));
        Assert.That(Opening(new Probe(null)), Is.EqualTo("040100"));
        Assert.That(Opening(new GroupHeader(0, 0)), Is.EqualTo("00020000"));
    }

    [Test]
    public void Opening_HasTheAnnouncedSize()
    {
        var largest = new GroupHeader(Varint.MaxValue, WireLimits.MaxWrittenNumber, WireLimits.MaxWrittenNumber);
        Span<byte> buffer = stackalloc byte[GroupHeader.MaxSize];

        Assert.That(largest.EncodeOpening(buffer, MoqVersion.Lite06), Is.EqualTo(GroupHeader.MaxSize));
        Assert.That(largest.MaxEncodedSize, Is.GreaterThanOrEqualTo(GroupHeader.MaxSize));
    }

    [Test]
    public void Response_IsDistinguishedByItsType()
    {
        var terms = new DeliveryTerms(7, true, 300, 10, 20);
        var output = new ArrayBufferWriter<byte>();
        new SubscribeOk(terms).Encode(output, V);
        var first = output.WrittenCount;
        new SubscribeDrop(5, 7, 2).Encode(output, V);
        var stream = output.WrittenSpan;

        Assert.That(SubscribeResponse.TryRead(stream, V, out var ok, out var consumed), Is.True);
        Assert.That(ok, Is.EqualTo(new SubscribeResponse(new SubscribeOk(terms), null)));
        Assert.That(consumed, Is.EqualTo(first));
        Assert.That(SubscribeResponse.TryRead(stream[first..], V, out var drop, out consumed), Is.True);
        Assert.That(drop, Is.EqualTo(new SubscribeResponse(null, new SubscribeDrop(5, 7, 2))));
        Assert.That(consumed, Is.EqualTo(stream.Length - first));
        for (var n = 0; n < first; n++)
        {
            Assert.That(SubscribeResponse.TryRead(stream[..n], V, out _, out consumed), Is.False);
            Assert.That(consumed, Is.Zero);
        }
    }

    [Test]
    public void Response_OfAnotherTypeIsRefused()
    {
        byte[] unknown = [0x02, 0x01, 0x01];
        byte[] drop = [0x01, 0x03, 0x00, 0x00, 0x00];

        Assert.That(
            () => SubscribeResponse.TryRead(unknown, V, out _, out _),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("unknown type 2"));
        Assert.That(
            () => SubscribeOk.TryRead(drop, V, out _, out _),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("type 1 where a SUBSCRIBE_OK"));
    }

    [Test]
    public void EndedBroadcast_IsSentWithoutHops()
    {
        Span<byte> buffer = stackalloc byte[64];
        var n = new Announce(false, "a", HopPath.Unknown(5)).Encode(buffer, V);

        Assert.That(Convert.ToHexStringLower(buffer[..n]), Is.EqualTo("0400016100"));
    }

    [TestCase(0ul, "00")]
    [TestCase(5ul, "05")]
    [TestCase(70ul, "4046")]
    [TestCase(65_536ul, "80010000")]
    [TestCase(33_554_432ul, "82000000")]
    public void FrameHeader_IsTheSize(ulong size, string hex)
    {
        var bytes = new byte[FrameHeader.MaxSize];
        var n = FrameHeader.Write(bytes, size, V);

        Assert.That(Convert.ToHexStringLower(bytes.AsSpan(0, n)), Is.EqualTo(hex));
        Assert.That(FrameHeader.TryRead(bytes, V, out _, out var read, out var consumed), Is.True);
        Assert.That((read, consumed), Is.EqualTo((size, n)));
        for (var cut = 0; cut < n; cut++)
        {
            Assert.That(FrameHeader.TryRead(bytes.AsSpan(0, cut), V, out _, out _, out consumed), Is.False);
            Assert.That(consumed, Is.Zero);
        }
    }

    [Test]
    public void FrameLargerThanThirtyTwoMegabytes_IsNeitherSentNorTaken()
    {
        byte[] header = [0x82, 0x00, 0x00, 0x01];

        Assert.That(
            () => FrameHeader.TryRead(header, V, out _, out _, out _),
            Throws.TypeOf<MoqProtocolException>().With.Property("Code").EqualTo(MoqErrorCode.FrameTooLarge)
                .And.Message.Contains("33554433"));
        Assert.That(() => FrameHeader.Write(new byte[8], 33_554_433, V), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static string Opening<T>(T message)
        where T : struct, IOpeningMessage<T>
    {
        var output = new ArrayBufferWriter<byte>();
        message.EncodeOpening(output, V);
        return Convert.ToHexStringLower(output.WrittenSpan);
    }
}
