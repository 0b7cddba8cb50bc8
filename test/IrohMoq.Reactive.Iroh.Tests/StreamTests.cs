using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class StreamTests
{
    [Test]
    [CancelAfter(30_000)]
    public async Task Megabyte_IsEchoedUnchanged_AndAllMemoryIsReleased([Values] bool useOffload, CancellationToken token)
    {
        var endpoints = await Endpoints.CreateAsync(options => options with { UseOffload = useOffload });
        await using (endpoints)
        {
            Assert.That(endpoints.Dialer.Offload == "none", Is.EqualTo(!useOffload), endpoints.Dialer.Offload);
            var (dialed, accepted) = await endpoints.ConnectAsync(token);
            var echo = EchoAsync(accepted, token);
            var stream = await dialed.OpenBidiAsync(token);
            var sent = new byte[1 << 20];
            new Random(7).NextBytes(sent);
            var writing = Task.Run(async () =>
            {
                await stream.Send.WriteAsync(sent, token);
                stream.Send.Finish();
            }, token);
            Assert.That(await ReadAllAsync(stream.Receive, token), Is.EqualTo(sent));
            await writing;
            await echo;
            Assert.That(await stream.Send.Closed.WaitAsync(token), Is.EqualTo(new StreamEnd(StreamEndCause.Acknowledged, 0)));
        }

        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task StreamsThatAreResetAtOnce_DoNotUseUpTheLimit([Values] bool written, CancellationToken token)
    {
        const int streams = 2_000;
        await using var endpoints = await Endpoints.CreateAsync(options => options with { MaxIncomingUniStreams = 100 });
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var accepting = Task.Run(async () =>
        {
            for (var i = 0; i < streams; i++)
            {
                var stream = await accepted.AcceptUniAsync(token);
                Assert.That(await ResetOfAsync(stream, token), Is.EqualTo(7));
            }

            return await ReadAllAsync(await accepted.AcceptUniAsync(token), token);
        }, token);
        for (var i = 0; i < streams; i++)
        {
            var stream = await dialed.OpenUniAsync(token);
            if (written)
                await stream.WriteAsync(new byte[10], token);
            stream.Reset(7);
        }

        var last = await dialed.OpenUniAsync(token);
        await last.WriteAsync(new byte[10], token);
        last.Finish();
        Assert.That(await accepting, Has.Length.EqualTo(10));
        Assert.That(((QuicConnection)accepted).Core.Streams.Leaked.Count, Is.Zero, "each was opened before it was reset");
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ResetBeforeTheClose_ReachesTheReader([Range(0, 4)] int round, CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await dialed.OpenUniAsync(token);
        await stream.WriteAsync(new byte[10], token);
        var peer = await accepted.AcceptUniAsync(token);
        Assert.That(await peer.ReadAsync(new byte[10], token), Is.EqualTo(10));
        stream.Reset(66);
        dialed.Close(0, $"round {round}");
        Assert.That(await ResetOfAsync(peer, token), Is.EqualTo(66));
    }

    private static async Task<ulong> ResetOfAsync(IReceiveStream stream, CancellationToken token)
    {
        try
        {
            while (await stream.ReadAsync(new byte[100], token) > 0)
            {
                // The bytes that came before the reset.
            }
        }
        catch (TransportStreamException reset)
        {
            return reset.Code;
        }

        throw new InvalidOperationException("The stream ended normally.");
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ThousandsOfStreams_PassALimitOfAHundred(CancellationToken token)
    {
        const int streams = 2_000;
        await using var endpoints = await Endpoints.CreateAsync(options => options with { MaxIncomingUniStreams = 100 });
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var reading = Task.Run(async () =>
        {
            var total = 0L;
            for (var i = 0; i < streams; i++)
                total += (await ReadAllAsync(await accepted.AcceptUniAsync(token), token)).Length;
            return total;
        }, token);
        for (var i = 0; i < streams; i++)
        {
            var stream = await dialed.OpenUniAsync(token);
            await stream.WriteAsync(new byte[10], token);
            stream.Finish();
        }

        Assert.That(await reading, Is.EqualTo(streams * 10));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task ShortStreams_ShareTheirPackets(CancellationToken token)
    {
        const int window = 64 << 10;
        const int streams = 300;
        await using var endpoints = await Endpoints.CreateAsync(
            options => options with { StreamWindow = window, ConnectionWindow = window });
        await using var relay = new Relay(endpoints.Listener.LocalEndPoint);
        var accepting = endpoints.Listener.AcceptAsync(token).AsTask();
        var dialed = await endpoints.Dialer.ConnectAsync(
            new EndpointAddr(endpoints.Listener.Id, relay.Address), [Endpoints.Protocol], token);
        var accepted = await accepting;

        // This stream uses all credit, so that the others wait and are sent together.
        var first = await dialed.OpenUniAsync(token);
        await first.WriteAsync(new byte[window], token);
        first.Finish();
        await first.Closed.WaitAsync(token);
        for (var i = 0; i < streams; i++)
        {
            var stream = await dialed.OpenUniAsync(token);
            await stream.WriteAsync(new byte[100], token);
            stream.Finish();
        }

        var before = relay.ToListener;
        Assert.That((await ReadAllAsync(await accepted.AcceptUniAsync(token), token)).Length, Is.EqualTo(window));
        for (var i = 0; i < streams; i++)
            Assert.That((await ReadAllAsync(await accepted.AcceptUniAsync(token), token)).Length, Is.EqualTo(100));
        Assert.That(relay.ToListener - before, Is.LessThan(streams / 2));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Reset_CarriesItsCode(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await dialed.OpenBidiAsync(token);
        await stream.Send.WriteAsync(new byte[1], token);
        var peer = await accepted.AcceptBidiAsync(token);
        Assert.That(await peer.Receive.ReadAsync(new byte[8], token), Is.EqualTo(1));

        stream.Send.Reset(77);
        var reset = await Assert.ThrowsAsync<TransportStreamException>(async () => await peer.Receive.ReadAsync(new byte[8], token));
        Assert.That((reset!.Code, reset.IsRemote), Is.EqualTo((77UL, true)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Stop_CarriesItsCode(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var sending = await accepted.OpenUniAsync(token);
        await sending.WriteAsync(new byte[1], token);
        (await dialed.AcceptUniAsync(token)).Stop(78);
        Assert.That(await sending.Closed.WaitAsync(token), Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, 78)));
        var stopped = await Assert.ThrowsAsync<TransportStreamException>(async () => await sending.WriteAsync(new byte[1], token));
        Assert.That((stopped!.Code, stopped.IsRemote), Is.EqualTo((78UL, true)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task UnreadStream_MakesTheWriterWaitUntilItIsRead(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await dialed.OpenUniAsync(token);
        var block = endpoints.Pool.Rent(1 << 20);
        var written = 0L;
        ValueTask write;
        do
        {
            write = stream.WriteBlockAsync(default, new BlockSlice(block, 0, 1 << 20), token);
            written += 1 << 20;
        }
        while (write.IsCompletedSuccessfully);

        Assert.That(written, Is.LessThan(8 << 20), "what one stream takes before it waits");
        var waiting = write.AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        var peer = await accepted.AcceptUniAsync(token);
        var reading = ReadAllAsync(peer, token);
        await waiting;
        stream.Finish();
        Assert.That((await reading).Length, Is.EqualTo(written));
        block.Release();
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Close_CarriesCodeAndReason_AndEarlierBytesAreStillRead(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await dialed.OpenUniAsync(token);
        await stream.WriteAsync(new byte[1000], token);
        stream.Finish();
        await stream.Closed.WaitAsync(token);
        dialed.Close(42, "bye");
        dialed.Close(43, "later");
        Assert.That(
            await accepted.Closed.WaitAsync(token), Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 42, "bye", true)));
        Assert.That(
            await dialed.Closed.WaitAsync(token), Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 42, "bye", false)));

        var peer = await accepted.AcceptUniAsync(token);
        Assert.That((await ReadAllAsync(peer, token)).Length, Is.EqualTo(1000));
        await Assert.ThrowsAsync<TransportClosedException>(async () => await accepted.AcceptUniAsync(token));
        await Assert.ThrowsAsync<TransportClosedException>(async () => await dialed.OpenUniAsync(token));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Garbage_ChangesNothing(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        using var socket = new System.Net.Sockets.UdpClient();
        var random = new Random(3);
        for (var i = 0; i < 5_000; i++)
        {
            var garbage = new byte[random.Next(1, 1400)];
            random.NextBytes(garbage);
            await socket.SendAsync(garbage, endpoints.Listener.LocalEndPoint, token);
        }

        var echo = EchoAsync(accepted, token);
        var stream = await dialed.OpenBidiAsync(token);
        await stream.Send.WriteAsync("still here"u8.ToArray(), token);
        stream.Send.Finish();
        Assert.That(await ReadAllAsync(stream.Receive, token), Is.EqualTo("still here"u8.ToArray()));
        await echo;
        Assert.That(endpoints.Listener.Closed.IsCompleted, Is.False);
    }

    private static async Task EchoAsync(ITransportConnection connection, CancellationToken token)
    {
        var stream = await connection.AcceptBidiAsync(token);
        var buffer = new byte[64 << 10];
        while (await stream.Receive.ReadAsync(buffer, token) is > 0 and var count)
            await stream.Send.WriteAsync(buffer.AsMemory(0, count), token);
        stream.Send.Finish();
        await stream.Send.Closed.WaitAsync(token);
    }

    private static async Task<byte[]> ReadAllAsync(IReceiveStream stream, CancellationToken token)
    {
        var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await stream.ReadAsync(buffer, token) is > 0 and var count)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }
}
