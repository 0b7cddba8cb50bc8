using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class DatagramSenderTests
{
    private const int Segment = 100;

    [Test]
    public void Batch_IsOneCallWithGso_AndOneCallADatagramWithout()
    {
        using var kernel = new Kernel(hasGso: true);
        Assert.That(kernel.Send(250), Is.True);
        Assert.That(kernel.Calls, Is.EqualTo([(250, Segment)]));
        using var old = new Kernel(hasGso: false);
        Assert.That(old.Send(250), Is.True);
        Assert.That(old.Calls, Is.EqualTo([(100, 0), (100, 0), (50, 0)]));
    }

    [Test]
    public void FullSendBuffer_KeepsTheBatch_DropsFurtherOnes_AndSendsTheKeptOneLater()
    {
        using var kernel = new Kernel(hasGso: true, Libc.ErrorAgain);
        Assert.That(kernel.Send(250), Is.True);
        Assert.That(kernel.Sender.IsBlocked, Is.True);
        Assert.That(kernel.Send(100), Is.True);
        Assert.That(kernel.Calls, Has.Count.EqualTo(1), "no call while the buffer is full");

        kernel.Sender.SendKept();
        Assert.That(kernel.Sender.IsBlocked, Is.False);
        Assert.That(kernel.Calls, Is.EqualTo([(250, Segment), (250, Segment)]));
        Assert.That(kernel.Taken, Is.EqualTo(Kernel.Bytes(250)));
        kernel.Sender.SendKept();
        Assert.That(kernel.Calls, Has.Count.EqualTo(2), "nothing is kept any more");
    }

    [Test]
    public void BufferThatIsFullAgain_KeepsWhatIsLeft()
    {
        // Two datagrams are taken singly, then the buffer is full twice.
        using var kernel = new Kernel(hasGso: false, 0, 0, Libc.ErrorAgain, Libc.ErrorAgain);
        kernel.Send(450);
        kernel.Sender.SendKept();
        Assert.That(kernel.Sender.IsBlocked, Is.True);
        kernel.Sender.SendKept();
        Assert.That(kernel.Sender.IsBlocked, Is.False);
        Assert.That(kernel.Taken, Is.EqualTo(Kernel.Bytes(450)));
    }

    [TestCase(Libc.ErrorNoBuffers)]
    [TestCase(Libc.ErrorAccess)]
    [TestCase(101, Description = "ENETUNREACH")]
    [TestCase(Libc.ErrorInvalid)]
    public void OtherErrors_AreLosses_AndNeverBlock(int error)
    {
        using var kernel = new Kernel(hasGso: true, error, 0);
        Assert.That(kernel.Send(100), Is.True);
        Assert.That(kernel.Sender.IsBlocked, Is.False);
        Assert.That(kernel.Calls, Has.Count.EqualTo(1), "the datagram is not sent again");
        Assert.That(kernel.Send(100), Is.True);
        Assert.That(kernel.Calls, Has.Count.EqualTo(2));
        Assert.That(kernel.Sender.HasGso, Is.True);
    }

    [Test]
    public void InterfaceWithoutBuffers_LosesOneDatagramOfABatch()
    {
        using var kernel = new Kernel(hasGso: false, 0, Libc.ErrorNoBuffers, 0);
        Assert.That(kernel.Send(300), Is.True);
        Assert.That(kernel.Calls, Has.Count.EqualTo(3));
        Assert.That(kernel.Taken, Has.Count.EqualTo(200));
    }

    [Test]
    public void InterruptedCall_IsRepeated()
    {
        using var kernel = new Kernel(hasGso: true, Libc.ErrorInterrupted, Libc.ErrorInterrupted);
        kernel.Send(250);
        Assert.That(kernel.Taken, Is.EqualTo(Kernel.Bytes(250)));
    }

    [Test]
    public void TooLargeDatagram_IsReported()
    {
        using var kernel = new Kernel(hasGso: true, Libc.ErrorMessageSize);
        Assert.That(kernel.Send(250), Is.False);
        Assert.That(kernel.Sender.IsBlocked, Is.False);
    }

    [TestCase(Libc.ErrorIo)]
    [TestCase(Libc.ErrorInvalid)]
    public void InterfaceThatCannotSegment_GetsSingleDatagramsFromNowOn(int error)
    {
        using var kernel = new Kernel(hasGso: true, error);
        Assert.That(kernel.Send(250), Is.True);
        Assert.That(kernel.Taken, Is.EqualTo(Kernel.Bytes(250)));
        Assert.That(kernel.Sender.HasGso, Is.False);
        kernel.Send(200);
        Assert.That(kernel.Calls[^1], Is.EqualTo((100, 0)));
    }

    /// <summary>For example, the local address of the path is not the machine's any more.</summary>
    [Test]
    public void PathThatCannotBeUsed_DoesNotTurnGsoOff()
    {
        using var kernel = new Kernel(hasGso: true, Libc.ErrorInvalid, Libc.ErrorInvalid, Libc.ErrorInvalid, Libc.ErrorInvalid);
        Assert.That(kernel.Send(300), Is.True);
        Assert.That(kernel.Sender.HasGso, Is.True);
        kernel.Send(300);
        Assert.That(kernel.Calls[^1], Is.EqualTo((300, Segment)));
    }

    /// <summary>A kernel that gives the next of some results for each call, and takes everything afterwards.</summary>
    private sealed class Kernel : IDisposable
    {
        private readonly Queue<int> _results;

        public Kernel(bool hasGso, params int[] results)
        {
            _results = new Queue<int>(results);
            Sender = new DatagramSender(OnSend, hasGso);
        }

        public DatagramSender Sender { get; }

        public List<(int Length, int Segment)> Calls { get; } = [];

        public List<byte> Taken { get; } = [];

        public static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(static i => (byte)i)];

        public bool Send(int count) => Sender.Send(default, Bytes(count), Segment);

        public void Dispose() => Sender.Dispose();

        private int OnSend(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
        {
            Calls.Add((datagrams.Length, segment));
            if (_results.TryDequeue(out var error) && error != 0)
                return error;
            Taken.AddRange(datagrams);
            return 0;
        }
    }
}
