using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The one path of a dial that stands for several.</summary>
[Parallelizable(ParallelScope.All)]
public class DialPathTests
{
    private static readonly NetworkAddress Local = VirtualPair.AddressOf(1, 1);
    private static readonly NetworkPath A = new(Local, VirtualPair.AddressOf(2, 1), 1);
    private static readonly NetworkPath B = new(Local, VirtualPair.AddressOf(3, 1), 2);
    private static readonly NetworkPath Foreign = new(Local, VirtualPair.AddressOf(4, 1), 1);

    [Test]
    public void FirstFlight_GoesToAll_AndIsSentIfItIsSentToOne([Values] bool isTooLargeForOne)
    {
        using var sink = new Sink { TooLargeFor = isTooLargeForOne ? A.Remote : default };
        var dial = new DialPath(sink, [A, B]);
        Assert.That(dial.Send(dial.Constant, [1, 2], 2), Is.True);
        Assert.That(sink.Sent, Is.EqualTo(new[] { A, B }));
        Assert.That((dial.Constant, dial.Chosen), Is.EqualTo((A, (NetworkPath?)null)));
    }

    [Test]
    public void DatagramThatIsTooLargeForAll_IsReported()
    {
        using var sink = new Sink { TooLargeFor = A.Remote };
        var dial = new DialPath(sink, [A]);
        Assert.That(dial.Send(dial.Constant, [1], 1), Is.False);
    }

    [Test]
    public void AnswerOfACandidate_ChoosesIt_UntilTheHandshakeIsComplete()
    {
        using var sink = new Sink();
        var dial = new DialPath(sink, [A, B]);
        Assert.That((dial.OnArrived(B), dial.Chosen), Is.EqualTo((A, (NetworkPath?)null)), "ngtcp2 sees the constant path");
        dial.Choose();
        Assert.That(dial.Chosen, Is.EqualTo(B));
        dial.Send(A, [1], 1);
        Assert.That(dial.OnArrived(A), Is.EqualTo(A));
        dial.Choose();
        Assert.That(dial.Chosen, Is.EqualTo(A), "the last datagram that has moved the handshake decides");
        dial.OnArrived(B);
        dial.Choose();
        dial.Fix();
        dial.Send(A, [1], 1);
        Assert.That(sink.Sent, Is.EqualTo(new[] { B, B }));

        Assert.That((dial.OnArrived(B), dial.Chosen), Is.EqualTo((A, (NetworkPath?)B)));
        Assert.That((dial.OnArrived(A), dial.Chosen), Is.EqualTo((A, (NetworkPath?)B)), "another candidate changes nothing any more");
    }

    [Test]
    public void DatagramFromElsewhere_ChoosesNothing()
    {
        using var sink = new Sink();
        var dial = new DialPath(sink, [A, B]);
        var otherCarrier = A with { Carrier = 9 };
        Assert.That((dial.OnArrived(Foreign), dial.OnArrived(otherCarrier)), Is.EqualTo((Foreign, otherCarrier)));
        Assert.That(dial.Chosen, Is.Null);
        dial.Send(Foreign, [1], 1);
        Assert.That(sink.Sent, Is.EqualTo(new[] { Foreign }), "another path of ngtcp2 is not translated");
    }

    [Test]
    public void LocalAddress_IsTheCandidatesOwn()
    {
        using var sink = new Sink();
        var unspecified = new NetworkPath(Local with { Low = 0 }, A.Remote);
        var dial = new DialPath(sink, [unspecified]);
        dial.OnArrived(unspecified with { Local = Local });
        dial.Choose();
        Assert.That(dial.Chosen, Is.EqualTo(unspecified));
    }

    [Test]
    public void HandshakeWithoutAnAnswer_KeepsTheFirst()
    {
        using var sink = new Sink();
        var dial = new DialPath(sink, [A, B]);
        dial.Fix();
        Assert.That(dial.Chosen, Is.EqualTo(A));
    }

    private sealed unsafe class Sink : IDatagramSink, IDisposable
    {
        public List<NetworkPath> Sent { get; } = [];

        public NetworkAddress TooLargeFor { get; init; }

        public byte* Buffer { get; } = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);

        public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
        {
            Sent.Add(path);
            return path.Remote != TooLargeFor;
        }

        public void Dispose() => NativeMemory.Free(Buffer);
    }
}
