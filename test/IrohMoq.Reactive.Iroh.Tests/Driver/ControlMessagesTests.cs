using System.Buffers.Binary;
using System.Net;
using CsCheck;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The control messages of a socket, written and read.</summary>
[Parallelizable(ParallelScope.All)]
public class ControlMessagesTests
{
    private const int HeaderSize = 16;
    private static readonly int[] Levels = [Libc.SolUdp, Libc.IpProtoIp, Libc.IpProtoIpv6];
    private static readonly int[] MessageTypes = [Libc.UdpGro, Libc.IpPacketInfo, Libc.Ipv6PacketInfo];
    private static readonly NetworkAddress BoundV4 = NetworkAddress.From(IPEndPoint.Parse("0.0.0.0:4433"));
    private static readonly NetworkAddress BoundV6 = NetworkAddress.From(IPEndPoint.Parse("[::]:4433"));

    [TestCase("10.1.2.3:4433", 0)]
    [TestCase("10.1.2.3:4433", 1_200)]
    [TestCase("[2001:db8::5]:4433", 0)]
    [TestCase("[2001:db8::5]:4433", 65_535)]
    public void LocalAddress_IsWrittenAndReadBack(string text, int segment)
    {
        var local = NetworkAddress.From(IPEndPoint.Parse(text));
        var control = new byte[ControlMessages.MaxSize];
        Array.Fill(control, (byte)0xee);
        var length = ControlMessages.Write(control, local, segment);
        Assert.That(length % 8, Is.Zero);
        ControlMessages.Read(control.AsSpan(0, length), local with { High = 0, Low = 0 }, out var read, out var readSegment);
        Assert.That((read, readSegment), Is.EqualTo((local, 0)), "what is sent with is not what is received with");
        Assert.That(control[length..], Is.All.EqualTo(0xee));
    }

    [Test]
    public void UnspecifiedAddress_IsLeftToTheKernel([Values] bool isIPv4)
    {
        var control = new byte[ControlMessages.MaxSize];
        Assert.That(ControlMessages.Write(control, isIPv4 ? BoundV4 : BoundV6, 0), Is.Zero);
        Assert.That(ControlMessages.Write(control, isIPv4 ? BoundV4 : BoundV6, 1_200), Is.EqualTo(24));
        Assert.That(BinaryPrimitives.ReadUInt64LittleEndian(control), Is.EqualTo(HeaderSize + sizeof(ushort)));
        Assert.That(BinaryPrimitives.ReadUInt16LittleEndian(control.AsSpan(HeaderSize)), Is.EqualTo(1_200));
    }

    [Test]
    public void ScopeOfALinkLocalAddress_IsWrittenAsTheInterface()
    {
        var control = new byte[ControlMessages.MaxSize];
        var length = ControlMessages.Write(control, NetworkAddress.From(IPEndPoint.Parse("[fe80::1%7]:1")), 0);
        Assert.That((length, BinaryPrimitives.ReadInt32LittleEndian(control.AsSpan(HeaderSize + 16))), Is.EqualTo((40, 7)));
    }

    [Test]
    public void AllMessages_FitIntoTheBuffer([Values] bool isIPv4) =>
        Assert.That(
            ControlMessages.Write(new byte[ControlMessages.MaxSize], (isIPv4 ? BoundV4 : BoundV6) with { Low = 5 }, 1_200),
            Is.LessThanOrEqualTo(ControlMessages.MaxSize));

    [Test]
    public void MessagesOfTheKernel_AreReadInAnyOrder_BesideUnknownOnes([Values] bool isIPv4)
    {
        var bound = isIPv4 ? BoundV4 : BoundV6;
        byte[][] messages =
        [
            GroOf(1_444), isIPv4 ? InfoOf("10.1.2.3") : Info6Of("2001:db8::5"), Message(1, 2, [1, 2, 3]),
            Message(Libc.IpProtoIp, 1, new byte[1]),
        ];
        var expected = NetworkAddress.From(new IPEndPoint(IPAddress.Parse(isIPv4 ? "10.1.2.3" : "2001:db8::5"), 4433));
        for (var first = 0; first < messages.Length; first++)
        {
            byte[] control = [.. messages.Skip(first).Concat(messages.Take(first)).SelectMany(static message => message)];
            ControlMessages.Read(control, bound, out var local, out var segment);
            Assert.That((local, segment), Is.EqualTo((expected, 1_444)));
        }
    }

    [Test]
    public void TruncatedMessages_AreReadAsFarAsTheyAreWhole()
    {
        byte[] control = [.. InfoOf("10.1.2.3"), .. GroOf(1_444)];
        for (var length = 0; length <= control.Length; length++)
        {
            ControlMessages.Read(control.AsSpan(0, length), BoundV4, out var local, out var segment);
            // The padding behind the data of a message may be missing.
            Assert.That(local, Is.EqualTo(length >= HeaderSize + 12 ? BoundV4 with { Low = 0x0a010203 } : BoundV4), $"at {length}");
            Assert.That(segment, Is.EqualTo(length >= 32 + HeaderSize + sizeof(int) ? 1_444 : 0), $"at {length}");
        }
    }

    [TestCase(0UL)]
    [TestCase(1UL)]
    [TestCase(15UL)]
    [TestCase(ulong.MaxValue)]
    [TestCase(1UL << 63)]
    [TestCase((ulong)int.MaxValue)]
    public void MessageWithAnImpossibleLength_EndsTheReading(ulong messageLength)
    {
        byte[] control = [.. Message(1, 2, new byte[8]), .. GroOf(1_444)];
        BinaryPrimitives.WriteUInt64LittleEndian(control, messageLength);
        ControlMessages.Read(control, BoundV4, out var local, out var segment);
        Assert.That((local, segment), Is.EqualTo((BoundV4, 0)));
    }

    [Test]
    public void AnyBytes_AreReadWithoutAnException() => Gen.Byte.Array[0, 200].Sample(static control =>
    {
        ControlMessages.Read(control, BoundV4, out var local, out _);
        return local.Port == BoundV4.Port;
    });

    /// <summary>Headers of the kernel's messages with any lengths, and less data than they should have.</summary>
    [Test]
    public void MessagesWithTooLittleData_AreIgnored() => Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 3])
        .Sample(static (level, type, length) =>
        {
            ControlMessages.Read(Message(Levels[level], MessageTypes[type], new byte[length]), BoundV4, out var local, out var segment);
            return local == BoundV4 && segment == 0;
        });

    private static byte[] GroOf(int segment)
    {
        var data = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(data, segment);
        return Message(Libc.SolUdp, Libc.UdpGro, data);
    }

    private static byte[] InfoOf(string address) =>
        Message(Libc.IpProtoIp, Libc.IpPacketInfo, [1, 0, 0, 0, .. IPAddress.Parse(address).GetAddressBytes(), 9, 9, 9, 9]);

    private static byte[] Info6Of(string address) =>
        Message(Libc.IpProtoIpv6, Libc.Ipv6PacketInfo, [.. IPAddress.Parse(address).GetAddressBytes(), 1, 0, 0, 0]);

    private static byte[] Message(int level, int type, byte[] data)
    {
        var message = new byte[(HeaderSize + data.Length + 7) & ~7];
        BinaryPrimitives.WriteUInt64LittleEndian(message, (ulong)(HeaderSize + data.Length));
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), level);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(12), type);
        data.CopyTo(message, HeaderSize);
        return message;
    }
}
