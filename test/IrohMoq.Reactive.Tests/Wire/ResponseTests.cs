using System.Buffers;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Checks the readers that distinguish messages by the type before the length.</summary>
public sealed class ResponseTests
{
    private const MoqVersion V = MoqVersion.Lite06;

    [Test]
    public void Announcement_IsDistinguishedByItsType()
    {
        var start = new AnnounceStart("a", new Route(new HopPath([7]), 1, 2));
        var update = new AnnounceUpdate(0, new Route(default, 3, Route.MaxCost));
        var end = new AnnounceEnd(0);
        var output = new ArrayBufferWriter<byte>();
        start.Encode(output, V);
        update.Encode(output, V);
        end.Encode(output, V);
        var stream = output.WrittenSpan;

        foreach (var expected in new AnnounceResponse[] { new(start), new(update), new(end) })
        {
            Assert.That(AnnounceResponse.TryRead(stream, V, out var response, out var consumed), Is.True);
            Assert.That(response, Is.EqualTo(expected));
            for (var n = 0; n < consumed; n++)
            {
                Assert.That(AnnounceResponse.TryRead(stream[..n], V, out _, out var none), Is.False);
                Assert.That(none, Is.Zero);
            }

            stream = stream[consumed..];
        }

        Assert.That(stream.IsEmpty, Is.True);
    }

    [TestCase("0702abcd", 4)]
    [TestCase("0300", 2)]
    [TestCase("c0000000000000070100", 10)]
    public void AnnouncementOfAnUnknownType_IsSkippedByItsLength(string hex, int length)
    {
        byte[] stream = [.. Convert.FromHexString(hex), 0x01, 0x01, 0x00];

        Assert.That(AnnounceResponse.TryRead(stream, V, out var response, out var consumed), Is.True);
        Assert.That(response, Is.EqualTo(default(AnnounceResponse)));
        Assert.That(consumed, Is.EqualTo(length));
        for (var n = 0; n < length; n++)
            Assert.That(AnnounceResponse.TryRead(stream.AsSpan(0, n), V, out _, out _), Is.False);
    }

    [Test]
    public void AnnouncementOfAnUnknownType_IsLimitedLikeAnyOther()
    {
        byte[] stream = [0x07, 0x80, 0x01, 0x00, 0x01];

        Assert.That(
            () => AnnounceResponse.TryRead(stream, V, out _, out _),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("65537").And.Property("ClosesSession").True);
    }

    [TestCase(MoqVersion.Lite05)]
    [TestCase(MoqVersion.Lite06)]
    public void SubscribeResponse_IsDistinguishedByItsType(object boxed)
    {
        var version = (MoqVersion)boxed;
        var ok = new SubscribeOk(new DeliveryTerms(StartGroup: 4));
        var end = new SubscribeEnd(9);
        var drop = new SubscribeDrop(5, 7, 2);
        var output = new ArrayBufferWriter<byte>();
        ok.Encode(output, version);
        end.Encode(output, version);
        drop.Encode(output, version);
        var stream = output.WrittenSpan;

        Assert.That(Convert.ToHexStringLower(stream), Is.EqualTo("000104" + "010109" + "0203050702"));
        foreach (var expected in new SubscribeResponse[] { new(ok, null), new(null, null, end), new(null, drop) })
        {
            Assert.That(SubscribeResponse.TryRead(stream, version, out var response, out var consumed), Is.True);
            Assert.That(response, Is.EqualTo(expected));
            for (var n = 0; n < consumed; n++)
            {
                Assert.That(SubscribeResponse.TryRead(stream[..n], version, out _, out var none), Is.False);
                Assert.That(none, Is.Zero);
            }

            stream = stream[consumed..];
        }
    }

    [TestCase(MoqVersion.Lite03, "020101")]
    [TestCase(MoqVersion.Lite05, "030101")]
    [TestCase(MoqVersion.Lite06, "0300")]
    public void SubscribeResponseOfAnUnknownType_FailsTheSubscriptionAlone(object version, string hex) =>
        Assert.That(
            () => SubscribeResponse.TryRead(Convert.FromHexString(hex), (MoqVersion)version, out _, out _),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("unknown type").And.Property("ClosesSession").False);
}
