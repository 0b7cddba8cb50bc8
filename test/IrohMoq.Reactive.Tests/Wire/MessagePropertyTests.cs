using System.Buffers;
using CsCheck;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

public sealed class MessagePropertyTests
{
    private static IEnumerable<MessageKind> Kinds => MessageKind.All;

    [Test]
    public void RoundTrip_GivesTheMessageBackAndLeavesWhatFollows() =>
        Gen.Select(MessageGen.Any, Gen.Byte.Array[0, 5]).Sample((any, next) =>
        {
            var (kind, message) = any;
            var encoded = kind.Encode(message);
            Assert.That(encoded, Has.Length.LessThanOrEqualTo(kind.MaxEncodedSize(message)));
            Assert.That(kind.TryRead([.. encoded, .. next], out var decoded, out var consumed), Is.True);
            Assert.That(decoded, Is.EqualTo(message));
            Assert.That(consumed, Is.EqualTo(encoded.Length));
        });

    [Test]
    public void StreamCutAnywhere_WaitsForMore() =>
        MessageGen.Any.Sample(any =>
        {
            var (kind, message) = any;
            var encoded = kind.Encode(message);
            for (var n = 0; n < encoded.Length; n += Step(encoded.Length))
                Assert.That(kind.TryRead(encoded.AsSpan(0, n), out _, out _), Is.False);
        }, iter: 50);

    [Test]
    public void BodyCutAnywhere_IsAProtocolError() =>
        MessageGen.Any.Sample(any =>
        {
            var (kind, message) = any;
            var body = BodyOf(kind, kind.Encode(message));
            for (var n = 0; n < body.Length; n += Step(body.Length))
                Assert.That(() => kind.Decode(body.AsSpan(0, n)), Throws.TypeOf<MoqProtocolException>().With.Message.Contains(kind.Name));
            Assert.That(
                () => kind.Decode([.. body, 0]),
                Throws.TypeOf<MoqProtocolException>().With.Message.Contains("1 bytes of the declared length over"));
        }, iter: 50);

    [TestCaseSource(nameof(Kinds))]
    public void Garbage_IsReadOrRefusedAndNothingElse(object kind)
    {
        var message = (MessageKind)kind;
        Gen.Byte.Array[0, 80].Sample(garbage => NothingElse(garbage, () =>
        {
            if (message.TryRead(garbage, out _, out var consumed))
                Assert.That(consumed, Is.InRange(1, garbage.Length));
            else
                Assert.That(consumed, Is.Zero);
        }));
    }

    [TestCaseSource(nameof(Kinds))]
    public void GarbageBody_IsReadOrRefusedAndNothingElse(object kind)
    {
        var message = (MessageKind)kind;
        Gen.OneOf(Gen.Byte.Array[0, 80], Gen.Byte[0, 9].Array[0, 20]).Sample(garbage => NothingElse(garbage, () =>
        {
            var decoded = message.Decode(garbage);
            if (SentAgain(message, decoded) is { } encoded)
                Assert.That(message.ReadToEnd(encoded)!.Value.Message, Is.EqualTo(decoded));
        }));
    }

    [Test]
    public void OneByteChanged_IsReadOrRefusedAndNothingElse() =>
        Gen.Select(MessageGen.Any, Gen.Int[0, int.MaxValue], Gen.Byte).Sample((any, where, value) =>
        {
            var encoded = any.Kind.Encode(any.Message);
            encoded[where % encoded.Length] = value;
            NothingElse(encoded, () => any.Kind.TryRead(encoded, out _, out _));
        });

    [Test]
    public void BufferWriter_GetsTheSameBytes() =>
        Gen.Select(Gen.ULong[0, Varint.MaxValue], Gen.ULong[0, WireLimits.MaxWrittenNumber]).Sample((id, sequence) =>
        {
            var header = new GroupHeader(id, sequence);
            var output = new ArrayBufferWriter<byte>(1);
            header.Encode(output, MoqVersion.Lite03);
            return output.WrittenSpan.SequenceEqual(MessageKind.Named("GROUP").Encode(header));
        });

    // Null if the message has a number that is accepted but never sent.
    private static byte[]? SentAgain(MessageKind kind, object message)
    {
        try
        {
            return kind.Encode(message);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    // Every position of a short message, and about forty positions of a long one.
    private static int Step(int length) => 1 + (length / 40);

    private static byte[] BodyOf(MessageKind kind, byte[] encoded)
    {
        var prefix = kind.Name is "SUBSCRIBE_OK" or "SUBSCRIBE_DROP" ? 1 : 0;
        Assert.That(MessageFraming.TryReadBody(encoded.AsSpan(prefix), kind.Name, out var body, out _), Is.True);
        return body.ToArray();
    }

    private static void NothingElse(byte[] input, Action read)
    {
        try
        {
            read();
        }
        catch (MoqProtocolException e)
        {
            Assert.That(e.Code, Is.EqualTo(MoqErrorCode.Decode).Or.EqualTo(MoqErrorCode.BoundsExceeded), Convert.ToHexString(input));
        }
    }
}
