using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class ReceiveQueueTests
{
    [Test]
    public void Byte_KeepsLittleMemory([Values(1, 100, 256)] int length)
    {
        var pool = new BlockPool();
        var queue = new ReceiveQueue(pool);
        queue.Add(new byte[length]);
        Assert.That((queue.Capacity, pool.BytesOut), Is.EqualTo((256L, 256L)));
    }

    [Test]
    public void MegabyteInPackets_KeepsLittleMoreMemory()
    {
        var pool = new BlockPool();
        var queue = new ReceiveQueue(pool);
        for (var i = 0; i < 1000; i++)
            queue.Add(new byte[1048]);
        Assert.That(queue.Capacity, Is.EqualTo(pool.BytesOut).And.LessThan(1_048_000 + (32 << 10)));
    }

    [Test]
    public void PiecesOfAnyLength_AreReadUnchanged_AndAnEmptyQueueKeepsNoMemory()
    {
        var random = new Random(3);
        var pool = new BlockPool();
        var queue = new ReceiveQueue(pool);
        byte next = 0, expected = 0;
        long count = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var added = new byte[random.Next(3) == 0 ? random.Next(20_000) : random.Next(300)];
            foreach (ref var value in added.AsSpan())
                value = next++;
            queue.Add(added);
            count += added.Length;
            var read = new byte[random.Next(1, 40_000)];
            var length = queue.Read(read);
            Assert.That(length, Is.EqualTo(Math.Min(count, read.Length)));
            for (var at = 0; at < length; at++)
            {
                if (read[at] != expected++)
                    Assert.Fail($"Another byte at {at} of read {i}.");
            }

            count -= length;
            Assert.That((queue.Count, queue.Capacity), Is.EqualTo((count, pool.BytesOut)));
            if (count == 0)
                Assert.That(pool.BytesOut, Is.Zero);
        }

        queue.Clear();
        Assert.That((queue.Count, queue.Capacity, pool.BytesOut), Is.EqualTo((0L, 0L, 0L)));
    }
}
