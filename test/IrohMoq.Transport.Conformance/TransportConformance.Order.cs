using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    private const int Turn = 64 << 10;

    [Test]
    public void Order_HigherPrioritiesGoFirst() => Run(async pair =>
    {
        await using var held = await FillAsync(pair);
        await held.QueueAsync(1, 100, new SendOrder(0, 0, 0));
        await held.QueueAsync(2, 100, new SendOrder(1, 1, 0));
        await held.QueueAsync(3, 100, new SendOrder(200, 1, 9));
        await held.QueueAsync(4, 100, new SendOrder(70, 9, 0));
        Assert.That(await held.ArrivalsAsync(), Is.EqualTo(new[] { 3, 4, 2, 1 }));
    });

    [Test]
    public void Order_OneFlowGoesByPosition() => Run(async pair =>
    {
        await using var held = await FillAsync(pair);
        await held.QueueAsync(1, 300_000, new SendOrder(5, 1, 30));
        await held.QueueAsync(2, 300_000, new SendOrder(5, 1, -20));
        await held.QueueAsync(3, 300_000, new SendOrder(5, 1, 25));
        await held.QueueAsync(4, 300_000, new SendOrder(5, 1, -30));
        Assert.That(await held.ArrivalsAsync(), Is.EqualTo(new[] { 4, 2, 3, 1 }));
    });

    [Test]
    public void Order_FlowsOfOnePriorityTakeTurns() => Run(async pair =>
    {
        await using var held = await FillAsync(pair);
        for (var i = 0; i < 3; i++)
            await held.QueueAsync(10 + i, Turn, new SendOrder(5, 1, i));
        for (var i = 0; i < 3; i++)
            await held.QueueAsync(20 + i, Turn, new SendOrder(5, 2, i));
        // The bytes that a packet has beyond a turn may begin the next stream of a flow early, but no flow gets two turns.
        var arrivals = await held.ArrivalsAsync();
        Assert.That(arrivals[0], Is.EqualTo(10));
        Assert.That(arrivals.Where(tag => tag < 20), Is.Ordered);
        Assert.That(arrivals.Where(tag => tag >= 20), Is.Ordered);
        Assert.That(Array.IndexOf(arrivals, 20), Is.LessThanOrEqualTo(2));
        Assert.That(Array.IndexOf(arrivals, 12), Is.GreaterThanOrEqualTo(3));
    });

    [Test]
    public void Order_UnscheduledStreamsTakeTurns() => Run(async pair =>
    {
        await using var held = await FillAsync(pair);
        // The large stream takes more than all credit.
        for (var i = 0; i < 20; i++)
            await held.QueueAsync(i, 4 << 20, null);
        await held.QueueAsync(99, 10, null);
        await held.QueueAsync(98, 10, new SendOrder(0, 5, 5));
        Assert.That(await held.ArrivalsAsync(), Does.Contain(99).And.Contain(98));
    });

    [Test]
    public void Order_BlockedStreamLetsTheNextOfItsFlowGo() => Run(async pair =>
    {
        await using var held = await FillAsync(pair);
        // More than the window of a stream, which is not read.
        await held.QueueAsync(1, 8 << 20, new SendOrder(5, 1, 0));
        await held.QueueAsync(2, 100, new SendOrder(5, 1, 1));
        await held.QueueAsync(3, 100, new SendOrder(4, 1, 1));
        Assert.That(await held.ArrivalsAsync(), Is.EqualTo(new[] { 1, 2, 3 }));
    });

    [Test]
    public void Order_ChangesWhileStreamsWait() => Run(async pair =>
    {
        await using var held = await FillAsync(pair);
        var first = await held.QueueAsync(1, 1000, new SendOrder(9, 1, 0));
        await held.QueueAsync(2, 1000, new SendOrder(5, 1, 1));
        var third = await held.QueueAsync(3, 1000, null);
        third.Schedule(new SendOrder(9, 9, 9));
        first.Schedule(new SendOrder(5, 1, 2));
        Assert.That(await held.ArrivalsAsync(), Is.EqualTo(new[] { 3, 2, 1 }));
    });

    [Test]
    public void Order_BidirectionalStreamsGoFirst() => Run(async pair =>
    {
        var control = await pair.Dialer.OpenBidiAsync();
        await control.Send.WriteAsync(new byte[] { 1 });
        var receive = (await pair.Acceptor.AcceptBidiAsync()).Receive;
        await receive.ReadExactlyAsync(1);
        await using var held = await FillAsync(pair);
        for (var i = 0; i < 20; i++)
            await held.QueueAsync(i, 4 << 20, new SendOrder(255, 1, i));
        await control.Send.WriteAsync(new byte[] { 2 });
        await held.LetGoAsync();
        // The other streams are not read and use all credit.
        Assert.That(await receive.ReadExactlyAsync(1), Is.EqualTo(new byte[] { 2 }));
    });

    [Test]
    public void Order_OfAnEndedStreamChangesNothing() => Run(async pair =>
    {
        IgnoreWithoutPriorities();
        var send = await pair.Dialer.OpenUniAsync();
        await send.SendAllAsync(new byte[] { 1 });
        await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync();
        await send.Closed;
        ((IScheduledStream)send).Schedule(new SendOrder(1, 2, 3));
        await pair.RoundTripAsync();
        pair.Dialer.Close(1, "");
        await pair.Dialer.Closed;
        ((IScheduledStream)send).Schedule(new SendOrder(3, 2, 1));
    });

    /// <summary>
    /// Represents a connection whose credit is used by filler streams that are sent before all others, so that streams that are queued
    /// later wait until the fillers are read.
    /// </summary>
    private sealed class Held : IAsyncDisposable
    {
        private const int Fillers = 20;
        private const byte FillerTag = 255;

        private readonly ConnectedPair _pair;
        private readonly BlockPool _pool = new();
        private readonly List<QueuedStream> _fillers = [];
        private readonly List<Task> _writing = [];
        private int _queued;

        private Held(ConnectedPair pair) => _pair = pair;

        public static async ValueTask<Held> FillAsync(ConnectedPair pair)
        {
            var held = new Held(pair);
            for (var i = 0; i < Fillers; i++)
                held._fillers.Add(await held.QueueAsync(FillerTag, 4 << 20, new SendOrder(byte.MaxValue, (ulong)i, 0)));
            held._queued = 0;
            return held;
        }

        /// <summary>Queues a stream of a number of bytes that begins with a tag.</summary>
        public async ValueTask<QueuedStream> QueueAsync(int tag, int length, SendOrder? order)
        {
            var send = await _pair.Dialer.OpenUniAsync();
            var scheduled = (IScheduledStream)send;
            if (order is { } place)
                scheduled.Schedule(place);
            var block = _pool.Rent(length);
            block.Span[0] = (byte)tag;
            _writing.Add(send.WriteBlockAsync(default, new BlockSlice(block, 0, length)).AsTask());
            block.Release();
            _queued++;
            return new QueuedStream(send, scheduled);
        }

        /// <summary>Resets the fillers.</summary>
        public async ValueTask LetGoAsync()
        {
            foreach (var filler in _fillers)
                filler.Reset(0);
            foreach (var filler in _fillers)
                await filler.Closed;
        }

        /// <summary>
        /// Lets the queued streams continue, and returns the order in which they arrive. The receiver ends the fillers: when the sender
        /// learns of it, all earlier streams are queued.
        /// </summary>
        public async ValueTask<int[]> ArrivalsAsync(Action<int>? onArrival = null)
        {
            var tags = new List<int>();
            while (tags.Count < _queued)
            {
                var receive = await _pair.Acceptor.AcceptUniAsync();
                var tag = (await receive.ReadExactlyAsync(1))[0];
                if (tag == FillerTag)
                {
                    receive.Stop(0);
                    continue;
                }

                tags.Add(tag);
                onArrival?.Invoke(tag);
            }

            return [.. tags];
        }

        public async ValueTask DisposeAsync()
        {
            _pair.Dialer.Close(0, "");
            foreach (var write in _writing)
            {
                try
                {
                    await write;
                }
                catch (IOException)
                {
                    // The stream was reset, or the connection closed before its end.
                }
            }
        }
    }

    private sealed record QueuedStream(ISendStream Send, IScheduledStream Scheduled)
    {
        public Task<StreamEnd> Closed => Send.Closed;

        public void Reset(ulong code) => Send.Reset(code);

        public void Schedule(SendOrder order) => Scheduled.Schedule(order);
    }
}
