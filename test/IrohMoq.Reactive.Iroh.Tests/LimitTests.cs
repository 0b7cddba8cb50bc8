using System.Net;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class LimitTests
{
    private static IEnumerable<(string Name, Func<IrohEndpointOptions> Set)> OutOfRange()
    {
        yield return (nameof(IrohEndpointOptions.BindAddress), () => new() { BindAddress = null! });
        yield return (nameof(IrohEndpointOptions.BindAddresses), () => new() { BindAddresses = null! });
        yield return (nameof(IrohEndpointOptions.BindAddresses), () => new() { BindAddresses = [] });
        yield return (nameof(IrohEndpointOptions.BindAddresses), () => new() { BindAddresses = [null!] });
        yield return (nameof(IrohEndpointOptions.BindAddresses), () => new() { BindAddresses = new IPEndPoint[17] });
        yield return (nameof(IrohEndpointOptions.LoggerFactory), () => new() { LoggerFactory = null! });
        yield return (nameof(IrohEndpointOptions.Runtime), () => new() { Runtime = null! });
        yield return (nameof(IrohEndpointOptions.Pool), () => new() { Pool = null! });
        yield return (nameof(IrohEndpointOptions.IdleTimeout), () => new() { IdleTimeout = TimeSpan.Zero });
        yield return (nameof(IrohEndpointOptions.IdleTimeout), () => new() { IdleTimeout = TimeSpan.FromDays(1.1) });
        yield return (nameof(IrohEndpointOptions.KeepAlive), () => new() { KeepAlive = TimeSpan.Zero });
        yield return (nameof(IrohEndpointOptions.HandshakeTimeout), () => new() { HandshakeTimeout = TimeSpan.FromSeconds(-1) });
        yield return (nameof(IrohEndpointOptions.StreamWindow), () => new() { StreamWindow = 0 });
        yield return (nameof(IrohEndpointOptions.ConnectionWindow), () => new() { ConnectionWindow = 0 });
        yield return (nameof(IrohEndpointOptions.MaxIncomingUniStreams), () => new() { MaxIncomingUniStreams = 0 });
        yield return (nameof(IrohEndpointOptions.MaxIncomingUniStreams), () => new() { MaxIncomingUniStreams = (1 << 20) + 1 });
        yield return (nameof(IrohEndpointOptions.MaxIncomingBidiStreams), () => new() { MaxIncomingBidiStreams = 0 });
        yield return (nameof(IrohEndpointOptions.SendQueue), () => new() { SendQueue = 0 });
        yield return (nameof(IrohEndpointOptions.MaxConnections), () => new() { MaxConnections = 0 });
        yield return (nameof(IrohEndpointOptions.MaxHandshakes), () => new() { MaxHandshakes = 0 });
        yield return (nameof(IrohEndpointOptions.RetryThreshold), () => new() { RetryThreshold = -1 });
        yield return (nameof(IrohEndpointOptions.MaxUnaccepted), () => new() { MaxUnaccepted = 0 });
        yield return (nameof(IrohEndpointOptions.MaxBufferedBytes), () => new() { MaxBufferedBytes = 0 });
    }

    /// <summary>GnuTLS would fail every handshake with more or longer names.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task ProtocolNames_AreWithinTheLimitsOfTheLibrary(CancellationToken token)
    {
        var bind = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        await using var listener = await IrohEndpoint.CreateAsync(options: bind, cancellationToken: token);
        await using var dialer = await IrohEndpoint.CreateAsync(options: bind, cancellationToken: token);
        string[] longest = [.. Enumerable.Range(0, 8).Select(static i => new string((char)('a' + i), 31))];
        listener.Listen(longest);
        await using var connection = await dialer.ConnectAsync(listener.Address, longest, token);
        Assert.That(connection.Protocol, Is.EqualTo(longest[0]));
        Assert.That(
            () => listener.Listen([.. longest, "one more"]),
            Throws.ArgumentException.With.Message.Contains("At most 8").And.Message.Contains("MoqOptions.Protocols"));
        Assert.That(() => listener.Listen([new string('a', 32)]), Throws.ArgumentException.With.Message.Contains("1 to 31"));
    }

    [Test]
    public void OptionOutOfRange_IsRefusedWhenItIsSet()
    {
        foreach (var (name, set) in OutOfRange())
        {
            Assert.That(
                () => set(), Throws.InstanceOf<ArgumentException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(name), name);
        }
    }

    [Test]
    public void OptionsThatContradictOneAnother_AreRefusedWhenTheEndpointIsCreated()
    {
        var options = new IrohEndpointOptions { ConnectionWindow = 1000, StreamWindow = 1001 };
        Assert.That(
            () => IrohEndpoint.CreateAsync(options: options).AsTask(),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(
                nameof(options.ConnectionWindow)));
    }

    [Test]
    public void PublicTypes_HaveNoMethodThatAWebFrameworkTakesForAParameterBinder()
    {
        var types = typeof(IrohEndpoint).Assembly.GetExportedTypes().Concat(typeof(IEndpoint).Assembly.GetExportedTypes());
        Assert.That(types.SelectMany(type => type.GetMethods()).Where(method => method is { IsStatic: true, Name: "BindAsync" }), Is.Empty);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task OpenBeyondTheLimit_Waits_AndItsCancellationUsesNoStream(CancellationToken token)
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
    public async Task BlocksOfAnyLength_ArriveUnchanged_AndAreReleased(CancellationToken token)
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
