using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    [Test]
    public void UnreadStream_MakesTheWriterWaitUntilItIsRead() => Run(async pair =>
    {
        const int part = 64 << 10;
        var parts = (int)(MostUnread / part) + 100;
        var bytes = Pattern(part);
        var written = 0;
        var send = await pair.Dialer.OpenUniAsync();
        var writing = WriteAllAsync();
        var receive = await pair.Acceptor.AcceptUniAsync();

        for (var before = -1; before != Volatile.Read(ref written);)
        {
            before = Volatile.Read(ref written);
            for (var i = 0; i < 10; i++)
                await pair.RoundTripAsync();
        }

        Assert.That(writing.IsCompleted, Is.False);
        Assert.That((long)written * part, Is.LessThanOrEqualTo(MostUnread));
        for (var i = 0; i < parts; i++)
            Assert.That((await receive.ReadExactlyAsync(part)).AsSpan().SequenceEqual(bytes), Is.True, $"Part {i} is another.");
        await writing;
        Assert.That(await receive.ReadAsync(new byte[1]), Is.Zero);

        async Task WriteAllAsync()
        {
            for (var i = 0; i < parts; i++)
            {
                await send.WriteAsync(bytes);
                Interlocked.Increment(ref written);
            }

            send.Finish();
        }
    });

    [Test]
    public void UnreadStream_DoesNotDelayOthers() => Run(async pair =>
    {
        var stuck = await pair.Dialer.OpenUniAsync();
        var writing = stuck.WriteAsync(new byte[8 << 20]).AsTask();
        var unread = await pair.Acceptor.AcceptUniAsync();
        var bytes = Pattern(3 << 20);
        var send = await pair.Dialer.OpenUniAsync();
        var flowing = send.SendAllAsync(bytes).AsTask();
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Is.EqualTo(bytes));
        await flowing;
        unread.Stop(Code);
        await FailureOfAsync<TransportStreamException>(async () => await writing);
    });

    [Test]
    public void StoppedStreams_ReturnTheirConnectionCredit() => Run(async pair =>
    {
        // Together more than the window of any connection.
        for (var i = 0; i < 40; i++)
        {
            var send = await pair.Dialer.OpenUniAsync();
            await send.WriteAsync(new byte[1_000_000]);
            var receive = await pair.Acceptor.AcceptUniAsync();
            if (i % 2 == 0)
                receive.Stop(Code);
            else
                send.Reset(Code);
            await send.Closed;
        }

        var last = await pair.Dialer.OpenUniAsync();
        await last.SendAllAsync(new byte[] { 9 });
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Is.EqualTo(new byte[] { 9 }));
    });

    [Test]
    public void StreamLimit_OpenWaitsUntilOneHasEnded_AndACanceledWaitUsesNone() => Run(async pair =>
    {
        long last = 0;
        for (var i = 0; i < UniStreamLimit; i++)
        {
            var send = await pair.Dialer.OpenUniAsync();
            await send.SendAllAsync(new byte[] { 1 });
            last = send.Id;
        }

        using var giveUp = new CancellationTokenSource();
        var canceled = pair.Dialer.OpenUniAsync(giveUp.Token).AsTask();
        var waiting = pair.Dialer.OpenUniAsync().AsTask();
        await pair.RoundTripAsync();
        Assert.That(canceled.IsCompleted || waiting.IsCompleted, Is.False);

        giveUp.Cancel();
        await FailureOfAsync<OperationCanceledException>(async () => await canceled);
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Has.Length.EqualTo(1));
        Assert.That((await waiting).Id, Is.EqualTo(last + 4));

        var next = pair.Dialer.OpenUniAsync().AsTask();
        await pair.RoundTripAsync();
        Assert.That(next.IsCompleted, Is.False, "One stream was over, and two were opened for it.");
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Has.Length.EqualTo(1));
        await next;
    });

    [Test]
    public void MoreStreamsThanTheLimit_AreOpenedOneAfterTheOther() => Run(async pair =>
    {
        for (var i = 0; i < UniStreamLimit + 100; i++)
        {
            var send = await pair.Dialer.OpenUniAsync();
            await send.SendAllAsync(new byte[] { (byte)i });
            Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Is.EqualTo(new[] { (byte)i }));
        }
    });

    [Test]
    public void CanceledRead_StopsTheStreamWithZero() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        await send.WriteAsync(new byte[] { 1 });
        var receive = await pair.Acceptor.AcceptUniAsync();
        await receive.ReadExactlyAsync(1);
        using var giveUp = new CancellationTokenSource();
        var reading = receive.ReadAsync(new byte[1], giveUp.Token).AsTask();
        giveUp.Cancel();
        await FailureOfAsync<OperationCanceledException>(async () => await reading);
        Assert.That(await send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, 0)));
        await pair.RoundTripAsync();
    });

    [Test]
    public void CanceledWrite_ResetsTheStreamWithZero() => Run(async pair =>
    {
        var send = await pair.Dialer.OpenUniAsync();
        using var giveUp = new CancellationTokenSource();
        var writing = send.WriteAsync(new byte[MostUnread * 2], giveUp.Token).AsTask();
        var receive = await pair.Acceptor.AcceptUniAsync();
        Assert.That(writing.IsCompleted, Is.False);
        giveUp.Cancel();
        await FailureOfAsync<OperationCanceledException>(async () => await writing);
        var seen = await FailureOfAsync<TransportStreamException>(async () => await receive.ReadToEndAsync());
        Assert.That((seen.Code, seen.IsRemote), Is.EqualTo((0UL, true)));
        Assert.That(await send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Reset, 0)));
        await pair.RoundTripAsync();
    });

    [Test]
    public void CanceledAccept_LosesNoStream() => Run(async pair =>
    {
        for (var i = 0; i < 50; i++)
        {
            using var giveUp = new CancellationTokenSource();
            var accepting = pair.Acceptor.AcceptUniAsync(giveUp.Token).AsTask();
            var send = await pair.Dialer.OpenUniAsync();
            await send.SendAllAsync(new byte[] { (byte)i });
            // Some opens are canceled long before the stream exists, others at the same time.
            if (i % 2 == 0)
                await pair.RoundTripAsync();
            giveUp.Cancel();
            IReceiveStream receive;
            try
            {
                receive = await accepting;
            }
            catch (OperationCanceledException)
            {
                receive = await pair.Acceptor.AcceptUniAsync();
            }

            Assert.That(await receive.ReadToEndAsync(), Is.EqualTo(new[] { (byte)i }));
        }
    });
}
