using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

public sealed class SetupTests
{
    // Parameters that only one of the versions has, or reads differently, and what only a session can judge: whether they are present.
    [TestCase("01" + "04" + "02" + "43e8", MoqVersion.Lite05, null, TestName = "Cost_IsUnknownToMoqLite05")]
    [TestCase("01" + "04" + "02" + "43e8", MoqVersion.Lite06, 1000ul, TestName = "Cost_IsKnownToMoqLite06")]
    [TestCase("01" + "04" + "00", MoqVersion.Lite05, null, TestName = "UnknownParameter_MayHaveAnyValue")]
    public void Cost_DependsOnTheVersion(string hex, object version, object? cost) =>
        Assert.That(Setup.Decode(Convert.FromHexString(hex), (MoqVersion)version).Cost, Is.EqualTo(cost));

    [Test]
    public void Presence_IsVisibleEvenIfTheValueIsTheDefault()
    {
        var setup = Setup.Decode([0x02, 0x02, 0x00, 0x03, 0x01, 0x00], MoqVersion.Lite06);

        Assert.That(setup, Is.EqualTo(new Setup(Path: "", Role: SessionRole.Both)));
        Assert.That(Setup.Decode([0x00], MoqVersion.Lite06), Is.EqualTo(default(Setup)));
    }

    [TestCase(MoqVersion.Lite05, true)]
    [TestCase(MoqVersion.Lite06, false)]
    public void Path_BeginsWithASlashInMoqLite06(object version, bool isAccepted)
    {
        byte[] body = [0x01, 0x02, 0x04, .. "room"u8];

        if (isAccepted)
        {
            Assert.That(Setup.Decode(body, (MoqVersion)version).Path, Is.EqualTo("room"));
        }
        else
        {
            Assert.That(
                () => Setup.Decode(body, (MoqVersion)version),
                Throws.TypeOf<MoqProtocolException>().With.Property("Code").EqualTo(MoqErrorCode.ProtocolViolation)
                    .And.Property("ClosesSession").True);
        }
    }

    [Test]
    public void PathThatConsistsOfAQuery_IsAccepted() =>
        Assert.That(Setup.Decode([0x01, 0x02, 0x04, .. "?a=b"u8], MoqVersion.Lite06).Path, Is.EqualTo("?a=b"));

    [Test]
    public void SixtyFourParameters_AreRead()
    {
        var body = new List<byte> { 0x40, 0x40 };
        for (byte id = 0; id < 63; id++)
            body.AddRange([id, .. id is >= 1 and <= 5 and not 2 ? new byte[] { 1, 1 } : [0]]);
        body.AddRange([0x40, 0x40, 0x00]);

        Assert.That(
            Setup.Decode(body.ToArray(), MoqVersion.Lite06), Is.EqualTo(new Setup(ProbeLevel.Report, "", SessionRole.Publisher, 1, 1)));
    }

    [Test]
    public void RepeatedParameter_IsRefusedWhereverItIs()
    {
        byte[] body = [0x03, 0x3f, 0x00, 0x01, 0x01, 0x01, 0x3f, 0x00];

        Assert.That(
            () => Setup.Decode(body, MoqVersion.Lite06),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("parameter id at byte 6 is 63 a second time")
                .And.Property("ClosesSession").True);
    }

    [Test]
    public void MalformedValue_IsReportedWithItsOffsetInTheBody() =>
        Assert.That(
            () => Setup.Decode([0x01, 0x05, 0x02, 0x07, 0x00], MoqVersion.Lite05),
            Throws.TypeOf<MoqProtocolException>().With.Message.Contains("SETUP: hop at byte 4 leaves 1 bytes")
                .And.Property("ClosesSession").True);

    [Test]
    public void LongestSetup_IsSentAndRead()
    {
        var setup = new Setup(
            ProbeLevel.Increase, $"/{new string('p', 8191)}", SessionRole.Subscriber, Varint.MaxValue, Varint.MaxValue);
        var buffer = new byte[setup.MaxEncodedSize];

        var n = setup.EncodeOpening(buffer, MoqVersion.Lite06);

        Assert.That(buffer[0], Is.EqualTo((byte)UniStreamType.Setup));
        Assert.That(Setup.TryRead(buffer.AsSpan(1, n - 1), MoqVersion.Lite06, out var read, out _), Is.True);
        Assert.That(read, Is.EqualTo(setup));
    }
}
