using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class LimitTests
{
    private static IEnumerable<IrohEndpointOptions> Unusable()
    {
        yield return new() { BindAddress = null! };
        yield return new() { LoggerFactory = null! };
        yield return new() { IdleTimeout = TimeSpan.Zero };
        yield return new() { KeepAlive = TimeSpan.Zero };
        yield return new() { HandshakeTimeout = TimeSpan.FromSeconds(-1) };
        yield return new() { StreamWindow = 0 };
        yield return new() { ConnectionWindow = 1000, StreamWindow = 1001 };
        yield return new() { MaxIncomingUniStreams = 0 };
        yield return new() { MaxIncomingBidiStreams = 0 };
        yield return new() { SendQueue = 0 };
        yield return new() { MaxConnections = 0 };
        yield return new() { MaxBufferedBytes = 0 };
    }

    [Test]
    public void UnusableOptions_AreRefusedAtTheBind()
    {
        foreach (var options in Unusable())
            Assert.That(() => IrohEndpoint.BindAsync(options: options).AsTask(), Throws.InstanceOf<ArgumentException>(), options.ToString());
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task AnOpenBeyondTheLimit_Waits_AndItsCancellationUsesNoStream(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(options => options with { MaxIncomingUniStreams = 2 });
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var first = await dialed.OpenUniAsync(token);
        var second = await dialed.OpenUniAsync(token);
        using (var giveUp = CancellationTokenSource.CreateLinkedTokenSource(token))
        {
            var givenUp = dialed.OpenUniAsync(giveUp.Token).AsTask();
            Assert.That(givenUp.IsCompleted, Is.False);
            await giveUp.CancelAsync();
            Assert.That(async () => await givenUp, Throws.InstanceOf<OperationCanceledException>());
        }

        var waiting = dialed.OpenUniAsync(token).AsTask();
        first.Finish();
        var peer = await accepted.AcceptUniAsync(token);
        Assert.That(await peer.ReadAsync(new byte[1], token), Is.Zero);
        var third = await waiting;
        Assert.That(third.Id - second.Id, Is.EqualTo(second.Id - first.Id), "the canceled open took no number");
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task BlocksOfAnyLength_ArriveAsTheyWere_AndAreGivenBack(CancellationToken token)
    {
        var endpoints = await Endpoints.CreateAsync();
        await using (endpoints)
        {
            var (dialed, accepted) = await endpoints.ConnectAsync(token);
            var block = endpoints.Pool.Rent(3 << 20);
            new Random(5).NextBytes(block.Span[..(3 << 20)]);
            var expected = new byte[] { 1, 2, 3 }.Concat(block.Span[..(3 << 20)].ToArray()).ToArray();
            var stream = await dialed.OpenUniAsync(token);
            var writing = Task.Run(async () =>
            {
                await stream.WriteBlockAsync(new byte[] { 1 }, new BlockSlice(block, 0, 0), token);
                await stream.WriteBlockAsync(default, new BlockSlice(block, 0, 0), token);
                await stream.WriteAsync(default, token);
                await stream.WriteBlockAsync(new byte[] { 2, 3 }, new BlockSlice(block, 0, 3 << 20), token);
                block.Release();
                stream.Finish();
            }, token);
            var peer = await accepted.AcceptUniAsync(token);
            var all = new MemoryStream();
            var buffer = new byte[64 << 10];
            while (await peer.ReadAsync(buffer, token) is > 0 and var count)
                all.Write(buffer, 0, count);
            await writing;
            Assert.That(all.ToArray().AsSpan().SequenceEqual(expected), Is.True);
        }

        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
    }
}
