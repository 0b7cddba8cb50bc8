using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public unsafe class PacketBatchTests
{
    private const int Packet = 1444;
    private const int Quantum = 64 << 10;
    private static readonly IPEndPoint Here = new(IPAddress.Loopback, 1);
    private static readonly IPEndPoint Peer = new(IPAddress.Loopback, 2);
    private static readonly IPEndPoint Moved = new(IPAddress.Loopback, 3);

    [Test]
    public void Turn_IsOneSystemCall()
    {
        using var sink = new Sink();
        var batch = new PacketBatch(sink, Quantum);
        while (!batch.IsDone)
            Add(ref batch, Packet, Peer, Here);
        batch.Send();
        Assert.That(sink.Sent, Is.EqualTo(new[] { (2, 45 * Packet, Packet) }));
    }

    [Test]
    public void PacketForAnotherAddress_IsSentSeparately([Values] bool isLocal)
    {
        using var sink = new Sink();
        var batch = new PacketBatch(sink, Quantum);
        Add(ref batch, Packet, Peer, Here);
        Add(ref batch, Packet, Peer, Here);
        if (isLocal)
            Add(ref batch, Packet, Peer, Moved);
        else
            Add(ref batch, Packet, Moved, Here);
        Add(ref batch, Packet, Peer, Here);
        batch.Send();
        Assert.That(sink.Sent, Is.EqualTo(new[] { (2, 2 * Packet, Packet), (isLocal ? 2 : 3, Packet, Packet), (2, Packet, Packet) }));
    }

    [Test]
    public void LargerPacket_BeginsABatch_AndASmallerOneEndsIt()
    {
        using var sink = new Sink();
        var batch = new PacketBatch(sink, Quantum);
        Add(ref batch, 1200, Peer, Here);
        Add(ref batch, 1200, Peer, Here);
        Add(ref batch, 1444, Peer, Here);
        Add(ref batch, 1200, Peer, Here);
        Add(ref batch, 1200, Peer, Here);
        batch.Send();
        Assert.That(sink.Sent, Is.EqualTo(new[] { (2, 2400, 1200), (2, 2644, 1444), (2, 1200, 1200) }));
        Assert.That(sink.IsInOrder, Is.True);
    }

    private static void Add(ref PacketBatch batch, int length, IPEndPoint remote, IPEndPoint local)
    {
        NgPathStorage path;
        NativePath.Write(new NetworkPath(NetworkAddress.From(local), NetworkAddress.From(remote)), &path);
        new Span<byte>(batch.Room, length).Fill(Sink.NextMark());
        batch.Add(length, &path);
    }

    /// <summary>Represents a batch that was sent: the port, the length, and the size of one packet.</summary>
    private sealed class Sink : IDatagramSink, IDisposable
    {
        [ThreadStatic]
        private static byte _marks;
        private byte _seen = _marks;

        public List<(int Port, int Length, int Segment)> Sent { get; } = [];

        public bool IsInOrder { get; private set; } = true;

        public byte* Buffer { get; } = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);

        public static byte NextMark() => ++_marks;

        public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
        {
            Sent.Add((path.Remote.Port, datagrams.Length, segment));
            for (var at = 0; at < datagrams.Length; at += segment)
                IsInOrder &= datagrams[at] == ++_seen;
            return true;
        }

        public void Dispose() => NativeMemory.Free(Buffer);
    }
}
