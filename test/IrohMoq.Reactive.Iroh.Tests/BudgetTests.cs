using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// An endpoint limits the bytes that it keeps: writers wait while the limit is exceeded, and the bytes that no reader can read any more
/// are released.
/// </summary>
[Parallelizable(ParallelScope.All)]
public class BudgetTests
{
    private const int Budget = 1 << 20;

    /// <summary>An application that uses no datagrams never reads them, and any peer may send them.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task DatagramsThatAreNotRead_AreCounted_AndReleasedWithTheConnection(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var (sender, receiver) = ((IDatagramConnection)dialed, (IDatagramConnection)accepted);
        var budget = endpoints.Listener.Loop.Settings.Budget;
        while (receiver.DroppedDatagrams == 0)
        {
            sender.TrySendDatagram(new byte[1_000]);
            token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.That(budget.Used, Is.InRange(100_000, 256 << 10));
        var before = budget.Used;
        Assert.That((await receiver.ReceiveDatagramAsync(token)).Length, Is.EqualTo(1_000));
        await dialed.DisposeAsync();
        await accepted.Closed.WaitAsync(token);
        Assert.That(budget.Used, Is.LessThan(256 << 10).And.GreaterThanOrEqualTo(before - 1_000));
        await accepted.DisposeAsync();
        Assert.That(budget.Used, Is.Zero);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task WriteThatTheBudgetDelays_EndsWhenAllIsSent_OrThereIsRoom([Values] bool isRead, CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(
            options => options with { MaxBufferedBytes = Budget, StreamWindow = 64 << 10 });
        var (toMute, mute) = await endpoints.ConnectAsync(token);
        var (toGood, good) = await endpoints.ConnectAsync(token);
        var filling = await toMute.OpenUniAsync(token);
        var fill = filling.WriteAsync(new byte[2 * Budget], token).AsTask();
        await mute.AcceptUniAsync(token);

        var stream = await toGood.OpenUniAsync(token);
        var write = stream.WriteAsync(new byte[100_000], token).AsTask();
        var peer = await good.AcceptUniAsync(token);
        Assert.That((fill.IsCompleted, write.IsCompleted), Is.EqualTo((false, false)));
        if (isRead)
        {
            // The connection holds no more bytes, however many the others hold.
            for (var read = 0; read < 100_000;)
                read += await peer.ReadAsync(new byte[100_000], token);
        }
        else
        {
            await mute.DisposeAsync();
            await Assert.ThrowsAsync<TransportClosedException>(async () => await fill);
        }

        await write;
    }

    [Test]
    public async Task Room_WakesTheFirstWaiter_AndEachWaiterTheNext()
    {
        var budget = new ByteBudget(100);
        budget.Count(150);
        var signals = Enumerable.Range(0, 3).Select(static _ => new Signal(ThreadPoolRuntime.Instance)).ToArray();
        var places = signals.Select(budget.Join).ToArray();
        var waits = signals.Select(static signal => signal.WaitAsync().AsTask()).ToArray();
        budget.Count(-10);
        Assert.That(waits.Select(static wait => wait.IsCompleted), Is.All.False, "the limit is still exceeded");
        budget.Count(-40);
        await waits[0];
        Assert.That((waits[1].IsCompleted, waits[2].IsCompleted), Is.EqualTo((false, false)));
        budget.Leave(places[0]);
        await waits[1];
        budget.Count(10);
        budget.Leave(places[1]);
        Assert.That(waits[2].IsCompleted, Is.False, "the limit is exceeded again");
        budget.Count(-10);
        await waits[2];
        budget.Leave(places[2]);
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task WritersThatTheBudgetDelays_AllGoOn(CancellationToken token)
    {
        const int writers = 30;
        await using var endpoints = await Endpoints.CreateAsync(
            options =>
                options with { MaxBufferedBytes = Budget, StreamWindow = 16 << 10, ConnectionWindow = 128 << 10, SendQueue = 64 << 10 });
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var writing = Enumerable.Range(0, writers).Select(_ => WriteAsync()).ToArray();
        var reading = new List<Task<int>>();
        for (var i = 0; i < writers; i++)
            reading.Add(ReadAsync(await accepted.AcceptUniAsync(token)));
        await Task.WhenAll(writing);
        Assert.That(await Task.WhenAll(reading), Is.All.EqualTo(20 * 100_000));

        async Task WriteAsync()
        {
            var stream = await dialed.OpenUniAsync(token);
            for (var i = 0; i < 20; i++)
                await stream.WriteAsync(new byte[100_000], token);
            stream.Finish();
        }

        async Task<int> ReadAsync(IReceiveStream stream)
        {
            var buffer = new byte[50_000];
            var all = 0;
            while (await stream.ReadAsync(buffer, token) is > 0 and var count)
                all += count;
            return all;
        }
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task StreamsOfOneByte_KeepLittleMemory_AndItIsCounted(CancellationToken token)
    {
        const int streams = 500;
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        for (var i = 0; i < streams; i++)
        {
            var stream = await dialed.OpenUniAsync(token);
            await stream.WriteAsync(new byte[1], token);
            stream.Finish();
            await stream.Closed.WaitAsync(token);
        }

        Assert.That(endpoints.Listener.Loop.Settings.Budget.Used, Is.EqualTo(endpoints.Pool.BytesOut).And.EqualTo(streams * 256));
        for (var i = 0; i < streams; i++)
            Assert.That(await (await accepted.AcceptUniAsync(token)).ReadAsync(new byte[2], token), Is.EqualTo(1));
        Assert.That((endpoints.Listener.Loop.Settings.Budget.Used, endpoints.Pool.BytesOut), Is.EqualTo((0L, 0L)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task RefusedPeers_LeaveNoMemory(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        for (var i = 0; i < 50; i++)
        {
            var (dialed, accepted) = await FullAsync(endpoints, token);
            accepted.Close(6, "not wanted");
            await accepted.Closed.WaitAsync(token);
            await dialed.DisposeAsync();
            Assert.That((endpoints.Listener.Loop.Settings.Budget.Used, endpoints.Pool.BytesOut), Is.EqualTo((0L, 0L)), $"after {i + 1}");
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task VanishedPeers_LeaveNoMemoryAfterTheirConnectionsAreDisposed(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(
            options => options with { IdleTimeout = TimeSpan.FromSeconds(3), KeepAlive = TimeSpan.FromMilliseconds(500) });
        await using var relay = new Relay(endpoints.Listener.LocalEndPoint);
        var connections = new List<ITransportConnection>();
        for (var i = 0; i < 50; i++)
        {
            var (dialed, accepted) = await FullAsync(endpoints, token, relay);
            connections.Add(dialed);
            connections.Add(accepted);
        }

        Assert.That(endpoints.Listener.Loop.Settings.Budget.Used, Is.Positive);
        relay.Cut();
        foreach (var connection in connections)
        {
            Assert.That((await connection.Closed.WaitAsync(token)).Cause, Is.EqualTo(TransportEndCause.TimedOut));
            await connection.DisposeAsync();
        }

        Assert.That(
            (endpoints.Listener.Loop.Settings.Budget.Used, endpoints.Dialer.Loop.Settings.Budget.Used, endpoints.Pool.BytesOut),
            Is.EqualTo((0L, 0L, 0L)));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task UnreferencedConnection_LeavesNoMemory(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await ForgetOneAsync(endpoints, token);
        // In another method, because the stack frame of the caller may still hold the connection.
        await Task.Run(() =>
        {
            while (endpoints.Listener.Loop.Settings.Budget.Used > 0)
            {
                token.ThrowIfCancellationRequested();
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }, token);
        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task Dispose_EndsPendingReads_AndMayBeCalledAgain(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        for (var i = 0; i < 20; i++)
        {
            var (dialed, accepted) = await endpoints.ConnectAsync(token);
            var stream = await dialed.OpenUniAsync(token);
            var writing = WriteUntilItEndsAsync(stream, token);
            var peer = await accepted.AcceptUniAsync(token);
            var reading = ReadUntilItEndsAsync(peer, token);
            await Task.WhenAll(accepted.DisposeAsync().AsTask(), accepted.DisposeAsync().AsTask(), dialed.DisposeAsync().AsTask());
            await accepted.DisposeAsync();
            await reading;
            await writing;
        }

        Assert.That((endpoints.Listener.Loop.Settings.Budget.Used, endpoints.Dialer.Loop.Settings.Budget.Used), Is.EqualTo((0L, 0L)));
    }

    /// <summary>Creates a connection on which the peer has sent a megabyte that is not accepted.</summary>
    private static async Task<(ITransportConnection Dialed, ITransportConnection Accepted)> FullAsync(
        Endpoints endpoints, CancellationToken token, Relay? relay = null)
    {
        var accepting = endpoints.Listener.AcceptAsync(token).AsTask();
        var address = relay is null ? endpoints.Listener.Address : new EndpointAddr(endpoints.Listener.Id, relay.Address);
        var dialed = await endpoints.Dialer.ConnectAsync(address, [Endpoints.Protocol], token);
        var accepted = await accepting;
        var before = endpoints.Listener.Loop.Settings.Budget.Used;
        var stream = await dialed.OpenUniAsync(token);
        await stream.WriteAsync(new byte[1_000_000], token);
        stream.Finish();
        Assert.That((await stream.Closed.WaitAsync(token)).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        Assert.That(endpoints.Listener.Loop.Settings.Budget.Used - before, Is.GreaterThanOrEqualTo(1_000_000));
        return (dialed, accepted);
    }

    private static async Task ForgetOneAsync(Endpoints endpoints, CancellationToken token)
    {
        var (dialed, accepted) = await FullAsync(endpoints, token);
        dialed.Close(1, "");
        await accepted.Closed.WaitAsync(token);
        Assert.That(endpoints.Listener.Loop.Settings.Budget.Used, Is.Positive);
    }

    private static async Task WriteUntilItEndsAsync(ISendStream stream, CancellationToken token)
    {
        try
        {
            while (true)
                await stream.WriteAsync(new byte[100_000], token);
        }
        catch (IOException)
        {
            // The connection or the stream has ended.
        }
    }

    private static async Task ReadUntilItEndsAsync(IReceiveStream stream, CancellationToken token)
    {
        try
        {
            var buffer = new byte[10_000];
            while (await stream.ReadAsync(buffer, token) > 0)
            {
                // Reads to the end.
            }
        }
        catch (TransportClosedException)
        {
            // The read fails, as expected.
        }
    }
}
