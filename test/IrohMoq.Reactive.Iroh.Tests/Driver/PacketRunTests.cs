using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The datagrams of one system call that are passed to a connection together.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class PacketRunTests
{
    private const int Segment = 30;
    private const byte Short = 0x40;
    private const byte Long = 0xc0;

    // Each word is a datagram: the form of its header, its connection id, and its length if it is the last and shorter.
    [TestCase("sA", Segment)]
    [TestCase("sA sA sA", 3 * Segment)]
    [TestCase("sA sA sA9", (2 * Segment) + 9)]
    [TestCase("sA sB sA", Segment)]
    [TestCase("sA sA sB", 2 * Segment)]
    [TestCase("lA sA", Segment)]
    [TestCase("sA lA", Segment)]
    [TestCase("lA lA", Segment)]
    [TestCase("sA sA8", Segment)]
    [TestCase("sA sA1", Segment)]
    [TestCase("sA1", 1)]
    public void Run_EndsBeforeADatagramOfAnotherConnection_OrWithALongHeader_OrTooShortForAnId(string datagrams, int length)
    {
        var bytes = datagrams.Split(' ').SelectMany(Datagram).ToArray();
        Assert.That(PacketRouter.RunLength(bytes, Segment), Is.EqualTo(length));
    }

    [Test]
    public void IdsThatDifferInOneByte_AreDifferent([Range(1, 8)] int index)
    {
        var bytes = Datagram("sA").Concat(Datagram("sA")).ToArray();
        bytes[Segment + index] ^= 1;
        Assert.That(PacketRouter.RunLength(bytes, Segment), Is.EqualTo(Segment));
        bytes[Segment + index] ^= 1;
        bytes[Segment + 9] ^= 1;
        Assert.That(PacketRouter.RunLength(bytes, Segment), Is.EqualTo(2 * Segment), "the rest of a packet does not matter");
    }

    private static IEnumerable<byte> Datagram(string word)
    {
        var length = word.Length > 2 ? int.Parse(word[2..]) : Segment;
        byte[] bytes = [word[0] == 's' ? Short : Long, .. Enumerable.Repeat((byte)word[1], Segment - 1)];
        return bytes.Take(length);
    }
}
