using IrohMoq.Reactive.Transport;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    private const int MatrixStreams = 30;
    private const int MaxMatrixLength = 40_000;

    /// <summary>
    /// Gets a value that indicates whether the transport decides for each packet which <see cref="IScheduledStream"/> is sent. A transport
    /// that orders larger parts has tests of its own.
    /// </summary>
    protected virtual bool HasPriorities => true;

    /// <summary>
    /// Each row is the priority of a stream when it is queued, and its priority when the streams may be sent; the streams are queued in the
    /// order of the rows.
    /// </summary>
    private static readonly (ushort Queued, ushort Sent)[][] PriorityRows =
    [
        [(1, 1), (2, 2), (3, 3)],
        [(3, 3), (2, 2), (1, 1)],
        [(2, 2), (3, 3), (1, 1)],
        [(0, 0), (ushort.MaxValue, ushort.MaxValue), (256, 256), (255, 255)],
        [(1, 3), (2, 2), (3, 1)],
        [(3, 1), (2, 2), (1, 3)],
        [(5, 5), (5, 4), (5, 6)],
        [(0, ushort.MaxValue), (1, 1), (ushort.MaxValue, 0)],
        [(9, 2), (8, 1), (7, 7), (6, 8)],
    ];

    [Test]
    public void Priorities_DecideTheOrder_AsTheyAreWhenTheStreamsAreSent([Range(0, 8)] int row) => Run(async pair =>
    {
        var priorities = PriorityRows[row];
        await using var held = await FillAsync(pair);
        var queued = new List<QueuedStream>();
        // One flow each, so that nothing but the priority decides.
        for (var i = 0; i < priorities.Length; i++)
            queued.Add(await held.QueueAsync(i, 20_000, new SendOrder(priorities[i].Queued, (ulong)(1_000 + i), 0)));
        for (var i = 0; i < priorities.Length; i++)
            queued[i].Schedule(new SendOrder(priorities[i].Sent, (ulong)(1_000 + i), 0));
        var expected = Enumerable.Range(0, priorities.Length).OrderByDescending(i => priorities[i].Sent);
        Assert.That(await held.ArrivalsAsync(), Is.EqualTo(expected));
    });

    /// <summary>
    /// Streams of random lengths, priorities and positions of one flow, half of which are changed while they are queued. When a stream
    /// arrives, all that go before it have been sent whole.
    /// </summary>
    [Test]
    public void Priorities_AndPositions_DecideTheOrder_OfManyStreams([Values(1, 2, 3)] int seed) => Run(async pair =>
    {
        var random = new Random(seed);
        await using var held = await FillAsync(pair);
        var orders = new SendOrder[MatrixStreams];
        var queued = new QueuedStream[MatrixStreams];
        for (var i = 0; i < MatrixStreams; i++)
        {
            orders[i] = RandomOrder(i);
            queued[i] = await held.QueueAsync(i, random.Next(1, MaxMatrixLength), orders[i]);
        }

        for (var i = 0; i < MatrixStreams; i += 2)
        {
            orders[i] = RandomOrder(i);
            queued[i].Schedule(orders[i]);
        }

        int[] expected =
        [
            .. Enumerable.Range(0, MatrixStreams).OrderByDescending(i => orders[i].Priority).ThenBy(i => orders[i].Position),
        ];
        Assert.That(
            await held.ArrivalsAsync(arrived =>
            {
                foreach (var earlier in expected.TakeWhile(tag => tag != arrived))
                    Assert.That(queued[earlier].Scheduled.IsSent, Is.True, $"{arrived} has arrived before {earlier} was sent.");
            }), Is.EqualTo(expected));

        // The positions differ, because the order of equal ones is not specified.
        SendOrder RandomOrder(int i) => new((ushort)random.Next(0, 6), 1, (random.Next(-100, 100) * MatrixStreams) + i);
    });

    /// <summary>The first bytes of a stream have been sent, and one of a higher priority is queued then.</summary>
    [Test]
    public void Priority_OfALaterStream_OvertakesOneThatHasBegun() => Run(async pair =>
    {
        IgnoreWithoutPriorities();
        var low = await pair.Dialer.OpenUniAsync();
        ((IScheduledStream)low).Schedule(new SendOrder(1, 1, 0));
        await low.WriteAsync(new byte[] { 1 });
        var receive = await pair.Acceptor.AcceptUniAsync();
        await receive.ReadExactlyAsync(1);
        await using var held = await FillAsync(pair);
        var lowest = low.WriteAsync(new byte[900_000]).AsTask();
        var high = await held.QueueAsync(2, 900_000, new SendOrder(2, 2, 0));
        await held.ArrivalsAsync();
        await receive.ReadExactlyAsync(1);
        Assert.That(high.Scheduled.IsSent, Is.True, "the other stream went on before it");
        await receive.ReadExactlyAsync(899_999);
        await lowest;
    });

    /// <summary>The answer to a request goes on a bidirectional stream, and is ranked like other data.</summary>
    [Test]
    public void BidiStream_ThatIsGivenAnOrder_GoesByIt() => Run(async pair =>
    {
        IgnoreWithoutPriorities();
        var answer = await pair.Dialer.OpenBidiAsync();
        await answer.Send.WriteAsync(new byte[] { 1 });
        var receive = (await pair.Acceptor.AcceptBidiAsync()).Receive;
        await receive.ReadExactlyAsync(1);
        ((IScheduledStream)answer.Send).Schedule(new SendOrder(1, 1, 0));
        await using var held = await FillAsync(pair);
        var writing = answer.Send.WriteAsync(new byte[900_000]).AsTask();
        var other = await held.QueueAsync(2, 900_000, new SendOrder(2, 2, 0));
        await held.ArrivalsAsync();
        await receive.ReadExactlyAsync(1);
        Assert.That(other.Scheduled.IsSent, Is.True, "the other stream went on before it");
        await receive.ReadExactlyAsync(899_999);
        await writing;
    });

    private async ValueTask<Held> FillAsync(ConnectedPair pair)
    {
        IgnoreWithoutPriorities();
        return await Held.FillAsync(pair);
    }

    private void IgnoreWithoutPriorities()
    {
        if (!HasPriorities)
            Assert.Ignore("This transport does not order its packets by priority.");
    }
}
