using CsCheck;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Transport;

internal sealed class StreamCodesTests
{
    [TestCase(0u, 0x52e4a40fa8dbul)]
    [TestCase(7u, 0x52e4a40fa8e2ul)]
    [TestCase(29u, 0x52e4a40fa8f8ul)]
    [TestCase(30u, 0x52e4a40fa8faul)]
    [TestCase(60u, 0x52e4a40fa919ul)]
    [TestCase(64u, 0x52e4a40fa91dul)]
    [TestCase(468u, 0x52e4a40faabeul)]
    [TestCase(0xffff_fffful, 0x52e5ac983162ul)]
    public void Vector_IsMappedBothWays(ulong code, ulong wire)
    {
        Assert.That(StreamCodes.ToWire((uint)code), Is.EqualTo(wire));
        Assert.That(StreamCodes.FromWire(wire), Is.EqualTo((uint)code));
    }

    [Test]
    public void AnyCode_ComesBackAndSkipsHttp3sReservedPoints() =>
        Gen.UInt.Sample(code => StreamCodes.FromWire(StreamCodes.ToWire(code)) == code && (StreamCodes.ToWire(code) - 0x21) % 0x1f != 0);

    // A dropped stream of a Rust peer sends the code 0; other codes without a mapping are sent as they are.
    [TestCase(0ul, 0u)]
    [TestCase(7ul, 7u)]
    [TestCase(0xffff_fffful, 0xffff_ffffu)]
    public void PlainCode_IsTakenAsItIs(ulong wire, uint code) => Assert.That(StreamCodes.FromWire(wire), Is.EqualTo(code));

    [TestCase(0x1_0000_0000ul)]
    [TestCase(0x52e4a40fa8daul)]
    [TestCase(0x52e5ac983163ul)]
    [TestCase((1ul << 62) - 1)]
    [TestCase(ulong.MaxValue)]
    public void CodeOutsideBothRanges_IsNone(ulong wire) => Assert.That(StreamCodes.FromWire(wire), Is.Null);

    // One value in 31 of the mapped range is reserved by HTTP/3. No peer sends it; it decodes, as in Rust, to the code after it.
    [Test]
    public void ReservedPoint_DecodesAsRustDoes() => Assert.That(StreamCodes.FromWire(0x52e4a40fa8f9), Is.EqualTo(30u));
}
