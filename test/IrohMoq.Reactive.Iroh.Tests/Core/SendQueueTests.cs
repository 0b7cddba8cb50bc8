using CsCheck;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The queue of sent and unsent bytes against a list of bytes.</summary>
[Parallelizable(ParallelScope.All)]
public unsafe class SendQueueTests
{
    private const int MaxVectors = 8;

    private enum Step
    {
        AddBlock,
        AddPartOfABlock,
        AddCopy,
        Send,
        SendAll,
        Acknowledge,
        AcknowledgeAll,
    }

    [Test]
    public void AnySteps_KeepTheBytesInOrder_AndReleaseTheirMemory() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3_000]).Array[0, 120].Sample(static steps => Run(steps, endsWithDrop: false), iter: 300);

    [Test]
    public void AnySteps_ThenDroppingWhatIsUnsent_KeepsWhatIsSent() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3_000]).Array[0, 60].Sample(static steps => Run(steps, endsWithDrop: true), iter: 300);

    [Test]
    public void EmptyBytes_AreNotQueued()
    {
        var pool = new BlockPool();
        var queue = new SendQueue(pool);
        queue.AddCopy([]);
        queue.Add(default);
        Assert.That((queue.Unsent, queue.Unacknowledged, pool.BytesOut), Is.EqualTo((0L, 0L, 0L)));
    }

    [Test]
    public void ManySmallCopies_ShareABlock()
    {
        var pool = new BlockPool();
        var queue = new SendQueue(pool);
        for (var i = 0; i < 100; i++)
            queue.AddCopy([1, 2]);
        var vectors = stackalloc NgVec[MaxVectors];
        Assert.That((queue.Peek(vectors, MaxVectors, out var isAll), isAll, pool.BytesOut), Is.EqualTo((1, true, 256L)));
        queue.Clear();
        Assert.That(pool.BytesOut, Is.Zero);
    }

    /// <summary>ngtcp2 keeps pointers to what was sent, so the bytes must not move when others follow.</summary>
    [Test]
    public void Addresses_DoNotChangeUntilTheBytesAreAcknowledged()
    {
        var queue = new SendQueue(new BlockPool());
        queue.AddCopy([1, 2, 3]);
        var vectors = stackalloc NgVec[MaxVectors];
        queue.Peek(vectors, MaxVectors, out _);
        var sent = vectors[0].Base;
        queue.Sent(3);
        for (var i = 0; i < 1_000; i++)
            queue.AddCopy([4, 5, 6, 7]);
        Assert.That((sent[0], sent[1], sent[2]), Is.EqualTo((1, 2, 3)));
        queue.Clear();
    }

    private static void Run((int Step, int Size)[] steps, bool endsWithDrop)
    {
        var pool = new BlockPool();
        var queue = new SendQueue(pool);
        var unsent = new List<byte>();
        long sent = 0;
        byte next = 0;
        foreach (var (step, size) in steps)
        {
            switch ((Step)step)
            {
                case Step.AddBlock or Step.AddPartOfABlock:
                    AddBlock(size, (Step)step == Step.AddPartOfABlock);
                    break;
                case Step.AddCopy:
                    queue.AddCopy(Bytes(size % 400));
                    break;
                case Step.Send or Step.SendAll:
                    Send((Step)step == Step.SendAll ? unsent.Count : Math.Min(size, unsent.Count));
                    break;
                default:
                    Acknowledge((Step)step == Step.AcknowledgeAll ? sent : Math.Min(size, sent));
                    break;
            }

            Check();
        }

        if (endsWithDrop)
        {
            queue.DropUnsent();
            unsent.Clear();
            Assert.That((queue.Unsent, queue.Unacknowledged), Is.EqualTo((0L, sent)));
            Acknowledge(sent);
            Assert.That(queue.Unacknowledged, Is.Zero);
        }

        queue.Clear();
        Assert.That((queue.Unsent, queue.Unacknowledged, pool.BytesOut), Is.EqualTo((0L, 0L, 0L)));

        byte[] Bytes(int length)
        {
            var bytes = new byte[length];
            foreach (ref var value in bytes.AsSpan())
                value = next++;
            unsent.AddRange(bytes);
            return bytes;
        }

        void AddBlock(int length, bool isPart)
        {
            var offset = isPart ? 7 : 0;
            var block = pool.Rent(length + offset);
            Bytes(length).CopyTo(block.Span[offset..]);
            queue.Add(new BlockSlice(block, offset, length));
            block.Release();
        }

        void Send(int count)
        {
            queue.Sent(count);
            unsent.RemoveRange(0, count);
            sent += count;
        }

        void Acknowledge(long count)
        {
            queue.Acknowledged(count);
            sent -= count;
        }

        void Check()
        {
            Assert.That((queue.Unsent, queue.Unacknowledged), Is.EqualTo(((long)unsent.Count, sent + unsent.Count)));
            var vectors = stackalloc NgVec[MaxVectors];
            var count = queue.Peek(vectors, MaxVectors, out var isAll);
            var peeked = new List<byte>();
            for (var i = 0; i < count; i++)
                peeked.AddRange(new ReadOnlySpan<byte>(vectors[i].Base, (int)vectors[i].Length));
            Assert.That(isAll ? peeked.Count == unsent.Count : count == MaxVectors && peeked.Count < unsent.Count, Is.True);
            Assert.That(peeked.SequenceEqual(unsent.Take(peeked.Count)), Is.True);
        }
    }
}
