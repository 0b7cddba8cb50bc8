using System.Buffers;
using CsCheck;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

public sealed class MessagePropertyTests
{
    [Test]
    public void RoundTrip_GivesTheMessageBackAndLeavesWhatFollows() =>
        Gen.Select(MessageGen.Any, Gen.Byte.Array[0, 5]).Sample((any, next) =>
        {
            var (kind, version, message) = any;
            var encoded = any.Encode();
            Assert.That(encoded, Has.Length.LessThanOrEqualTo(kind.MaxEncodedSize(message)));
            Assert.That(kind.TryRead([.. encoded, .. next], version, out var decoded, out var consumed), Is.True);
            Assert.That(decoded, Is.EqualTo(message));
            Assert.That(consumed, Is.EqualTo(encoded.Length));
        }, iter: 2_000);

    [Test]
    public void StreamCutAnywhere_WaitsForMore() =>
        MessageGen.Any.Sample(any =>
        {
            var (kind, version, _) = any;
            var encoded = any.Encode();
            for (var n = 0; n < encoded.Length; n += Step(encoded.Length))
                Assert.That(kind.TryRead(encoded.AsSpan(0, n), version, out _, out _), Is.False);
        }, iter: 300);

    [Test]
    public void BodyCutAnywhere_IsAProtocolError() =>
        MessageGen.Any.Sample(any =>
        {
            var (kind, version, _) = any;
            var body = BodyOf(kind, version, any.Encode());
            var closes = version == MoqVersion.Lite06 || kind.ClosesSession(version);
            for (var n = 0; n < body.Length; n += Step(body.Length))
                Assert.That(
                    () => kind.Decode(body.AsSpan(0, n), version),
                    Throws.TypeOf<MoqProtocolException>().With.Message.Contains(kind.Name).And.Property("ClosesSession").EqualTo(closes));
            Assert.That(
                () => kind.Decode([.. body, 0], version),
                Throws.TypeOf<MoqProtocolException>().With.Message.Contains("1 bytes of the declared length over")
                    .And.Property("ClosesSession").EqualTo(closes));
        }, iter: 300);

    [Test]
    public void OneByteChanged_IsReadOrRefusedAndNothingElse() =>
        Gen.Select(MessageGen.Any, Gen.Int[0, int.MaxValue], Gen.Byte).Sample((any, where, value) =>
        {
            var encoded = any.Encode();
            encoded[where % encoded.Length] = value;
            try
            {
                any.Kind.TryRead(encoded, any.Version, out _, out _);
            }
            catch (MoqProtocolException)
            {
                // One of the two results that are allowed.
            }
        }, iter: 2_000);

    [Test]
    public void BufferWriter_GetsTheSameBytes() =>
        Gen.Select(Gen.ULong[0, Varint.MaxValue], Gen.ULong[0, WireLimits.MaxWrittenNumber]).Sample((id, sequence) =>
        {
            var header = new GroupHeader(id, sequence);
            var output = new ArrayBufferWriter<byte>(1);
            header.Encode(output, MoqVersion.Lite03);
            return output.WrittenSpan.SequenceEqual(MessageKind.Named("GROUP").Encode(header, MoqVersion.Lite03));
        });

    // Every position of a short message, and about forty positions of a long one.
    private static int Step(int length) => 1 + (length / 40);

    private static byte[] BodyOf(MessageKind kind, MoqVersion version, byte[] encoded)
    {
        var prefix = kind.HasType(version) ? 1 : 0;
        Assert.That(MessageFraming.TryReadBody(encoded.AsSpan(prefix), kind.Name, false, out var body, out _), Is.True);
        return body.ToArray();
    }
}
