using CsCheck;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

public sealed class TimestampDeltaTests
{
    private const ulong Largest = (1UL << 62) - 1;

    [TestCase(0L, 0ul)]
    [TestCase(-1L, 1ul)]
    [TestCase(1L, 2ul)]
    [TestCase(-2L, 3ul)]
    [TestCase(3_000L, 6_000ul)]
    [TestCase(TimestampDelta.Max, Largest - 1)]
    [TestCase(TimestampDelta.Min, Largest)]
    public void Zigzag_AlternatesTheSigns(long delta, ulong encoded)
    {
        Assert.That(TimestampDelta.Encode(delta), Is.EqualTo(encoded));
        Assert.That(TimestampDelta.Decode(encoded), Is.EqualTo(delta));
    }

    [TestCase(TimestampDelta.Max + 1)]
    [TestCase(TimestampDelta.Min - 1)]
    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    public void DifferenceOfMoreThan62Bits_IsNotSent(long delta)
    {
        Assert.That(() => TimestampDelta.Encode(delta), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => FrameHeader.Write(new byte[16], 0, MoqVersion.Lite05, delta), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0ul, -1L)]
    [TestCase(5ul, -6L)]
    [TestCase(0ul, TimestampDelta.Min)]
    [TestCase(Largest, 1L)]
    [TestCase(Largest, TimestampDelta.Max)]
    public void TimestampOutOfRange_FailsTheGroupAlone(ulong previous, long delta) =>
        Assert.That(
            () => TimestampDelta.Apply(previous, delta),
            Throws.TypeOf<MoqProtocolException>().With.Property("Code").EqualTo(MoqErrorCode.MalformedTrack)
                .And.Property("ClosesSession").False);

    [Test]
    public void Timestamps_AreRestoredFromTheirDifferences() =>
        Gen.Select(Gen.ULong[0, Largest], Gen.ULong[0, Largest]).Sample((previous, timestamp) =>
        {
            var difference = (Int128)timestamp - previous;
            if (difference < TimestampDelta.Min || difference > TimestampDelta.Max)
                Assert.That(() => TimestampDelta.Between(previous, timestamp), Throws.TypeOf<ArgumentOutOfRangeException>());
            else
                Assert.That(TimestampDelta.Apply(previous, TimestampDelta.Between(previous, timestamp)), Is.EqualTo(timestamp));
        });

    [Test]
    public void TimestampOfMoreThan62Bits_IsNotSent()
    {
        Assert.That(() => TimestampDelta.Between(0, Largest + 1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => TimestampDelta.Between(ulong.MaxValue, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Frames_RoundTripInEveryVersion() =>
        Gen.Select(Gen.OneOf([.. MoqVersions.Known.Select(Gen.Const)]), Gen.ULong[0, 1UL << 60].Array[0, 5], Gen.Byte.Array[0, 90])
            .Sample((version, timestamps, payload) =>
            {
                var frames = timestamps.Select(timestamp => (version < MoqVersion.Lite05 ? 0 : timestamp, payload)).ToArray();
                var bytes = FrameVectorTests.Write(frames, version);
                Assert.That(FrameVectorTests.Read(bytes, version), Is.EqualTo(frames).Using<(ulong, byte[]), (ulong, byte[])>(
                    (a, b) => a.Item1 == b.Item1 && a.Item2.AsSpan().SequenceEqual(b.Item2)));
                for (var n = 0; n < Math.Min(bytes.Length, FrameHeader.MaxSize); n++)
                {
                    if (!FrameHeader.TryRead(bytes.AsSpan(0, n), version, out _, out _, out var consumed))
                        Assert.That(consumed, Is.Zero);
                }
            }, iter: 500);
}
