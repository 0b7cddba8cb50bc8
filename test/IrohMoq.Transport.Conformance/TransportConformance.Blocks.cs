using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    [Test]
    public void Block_IsReleasedWhenItIsAcknowledged() => Run(async pair =>
    {
        var pool = new BlockPool();
        var send = await pair.Dialer.OpenUniAsync();
        var sent = new MemoryStream();
        for (var i = 0; i < 20; i++)
        {
            // Some slices begin inside their block, some have no header, and some have no bytes.
            var header = Pattern(i % 4, i);
            var block = Filled(pool, 5000 + i, i);
            var slice = new BlockSlice(block, i, i % 5 == 4 ? 0 : 4000 + i);
            sent.Write(header);
            sent.Write(slice.Span);
            await send.WriteBlockAsync(header, slice);
            block.Release();
        }

        send.Finish();
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Is.EqualTo(sent.ToArray()));
        Assert.That((await send.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        await EventuallyAsync(pair.Runtime, () => pool.BytesOut == 0, "The stream is acknowledged, and blocks are still out.");
    });

    [Test]
    public void Block_IsReleasedWhileItsStreamContinues() => Run(async pair =>
    {
        var pool = new BlockPool();
        var send = await pair.Dialer.OpenUniAsync();
        await WriteBlockAsync(send, pool, 10_000);
        await (await pair.Acceptor.AcceptUniAsync()).ReadExactlyAsync(10_000);
        await EventuallyAsync(pair.Runtime, () => pool.BytesOut == 0, "The bytes are acknowledged, and the block is still out.");
        Assert.That(send.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void LargeBlock_ArrivesWhole() => Run(async pair =>
    {
        var pool = new BlockPool();
        var send = await pair.Dialer.OpenUniAsync();
        var writing = WriteBlockAsync(send, pool, 3 << 20, 99);
        var receive = await pair.Acceptor.AcceptUniAsync();
        Assert.That(await receive.ReadExactlyAsync(3 << 20), Is.EqualTo(Pattern(3 << 20, 99)));
        await writing;
        send.Finish();
        Assert.That(await receive.ReadAsync(new byte[1]), Is.Zero);
        await send.Closed;
        await EventuallyAsync(pair.Runtime, () => pool.BytesOut == 0, "The stream is acknowledged, and the block is still out.");
    });

    [Test]
    public void EmptyWrites_SendNothing() => Run(async pair =>
    {
        var pool = new BlockPool();
        var send = await pair.Dialer.OpenUniAsync();
        await send.WriteAsync(default);
        await send.WriteBlockAsync(default, default);
        await WriteBlockAsync(send, pool, 0);
        Assert.That(pool.BytesOut, Is.Zero);
        await send.SendAllAsync(new byte[] { 1 });
        Assert.That(await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync(), Is.EqualTo(new byte[] { 1 }));
    });

    [Test]
    public void ResetStream_ReleasesItsBlocksWhenItIsClosed([Values] bool stoppedByPeer) => Run(async pair =>
    {
        var pool = new BlockPool();
        var send = await pair.Dialer.OpenUniAsync();
        var writing = WriteBlockAsync(send, pool, (int)MostUnread);
        var receive = await pair.Acceptor.AcceptUniAsync();
        Assert.That(pool.BytesOut, Is.GreaterThan(0));
        if (stoppedByPeer)
            receive.Stop(Code);
        else
            send.Reset(Code);
        await FailureOfAsync<TransportStreamException>(async () => await writing);
        Assert.That((await send.Closed).Code, Is.EqualTo(Code));
        await EventuallyAsync(pair.Runtime, () => pool.BytesOut == 0, "The stream is closed, and blocks are still out.");
    });

    [Test]
    public void ClosedConnection_ReleasesItsBlocks([Values] bool byPeer) => Run(async pair =>
    {
        var pool = new BlockPool();
        var writing = new List<Task>();
        for (var i = 0; i < 5; i++)
        {
            var send = await pair.Dialer.OpenUniAsync();
            writing.Add(WriteBlockAsync(send, pool, (int)MostUnread));
            await pair.Acceptor.AcceptUniAsync();
        }

        Assert.That(pool.BytesOut, Is.GreaterThan(0));
        (byPeer ? pair.Acceptor : pair.Dialer).Close(1, "");
        foreach (var write in writing)
            await FailureOfAsync<TransportClosedException>(async () => await write);
        await EventuallyAsync(pair.Runtime, () => pool.BytesOut == 0, "The connection has ended, and blocks are still in use.");
    });

    [Test]
    public void WriteToAnEndedStream_TakesNoReference() => Run(async pair =>
    {
        var pool = new BlockPool();
        var send = await pair.Dialer.OpenUniAsync();
        send.Reset(Code);
        await FailureOfAsync<TransportStreamException>(async () => await WriteBlockAsync(send, pool, 100));
        Assert.That(pool.BytesOut, Is.Zero);
    });

    private static async Task WriteBlockAsync(ISendStream send, BlockPool pool, int length, int seed = 0)
    {
        var block = Filled(pool, length, seed);
        try
        {
            await send.WriteBlockAsync(default, new BlockSlice(block, 0, length));
        }
        finally
        {
            block.Release();
        }
    }

    private static Block Filled(BlockPool pool, int length, int seed)
    {
        var block = pool.Rent(length);
        Pattern(length, seed).CopyTo(block.Span);
        return block;
    }
}
