using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The application decides on first packets before anything is decrypted or stored.</summary>
[Parallelizable(ParallelScope.All)]
public class IncomingFilterTests
{
    [TestCase("127.0.0.1", AddressFamily.InterNetwork, "127.0.0.1")]
    [TestCase("::1", AddressFamily.InterNetworkV6, "::1")]
    [TestCase("0.0.0.0", AddressFamily.InterNetwork, "127.0.0.3")]
    [CancelAfter(20_000)]
    public async Task Accept_BeginsTheHandshake_AndTheFilterSeesTheAddresses(
        string bound, AddressFamily family, string dialed, CancellationToken token)
    {
        var filter = new Filter(static _ => IncomingFilterOutcome.Accept);
        await using var endpoints = await filter.CreateAsync(
            options => options with { BindAddress = new IPEndPoint(IPAddress.Parse(bound), 0) });
        var address = new IPEndPoint(IPAddress.Parse(dialed), endpoints.Listener.LocalEndPoint.Port);
        await endpoints.Dialer.ConnectAsync(new EndpointAddr(endpoints.Listener.Id, address), [Endpoints.Protocol], token);
        var seen = filter.Seen.Single();
        Assert.That(
            (seen.LocalEndPoint, seen.RemoteEndPoint.Port, seen.AddressFamily, seen.IsRemoteAddressValidated),
            Is.EqualTo((address, endpoints.Dialer.LocalEndPoint.Port, family, false)));
        Assert.That(IPAddress.IsLoopback(seen.RemoteEndPoint.Address), Is.True);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Reject_RefusesTheConnection_AndTheDialIsFinal(CancellationToken token)
    {
        var filter = new Filter(static _ => IncomingFilterOutcome.Reject);
        await using var endpoints = await filter.CreateAsync();
        var failure = await FailureAsync(endpoints, token);
        Assert.That(
            (failure.Error, failure.IsTransient, failure.IsRemote), Is.EqualTo((ConnectError.Refused, false, true)), failure.Message);

        using var client = new RawClient(endpoints.Listener);
        var refusal = await client.AskAsync(client.First[0], token);
        client.Feed(refusal);
        Assert.That(refusal, Has.Length.LessThan(100));
        Assert.That(
            client.Core.End, Is.EqualTo(new TransportEnd(TransportEndCause.TransportError, Refusal.ConnectionRefused, "rejected", true)));
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.Zero);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Retry_IsAskedAgainForTheValidatedAddress([Values] bool isAlways, CancellationToken token)
    {
        var filter = new Filter(
            incoming => !incoming.IsRemoteAddressValidated || isAlways ? IncomingFilterOutcome.Retry : IncomingFilterOutcome.Accept);
        await using var endpoints = await filter.CreateAsync();
        await endpoints.ConnectAsync(token);
        Assert.That(filter.Seen.Select(static seen => seen.IsRemoteAddressValidated), Is.EqualTo(new[] { false, true }));
        Assert.That(filter.Seen.Select(static seen => seen.RemoteEndPoint.Port).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Ignore_IsATimeoutForTheClient(CancellationToken token)
    {
        var filter = new Filter(static _ => IncomingFilterOutcome.Ignore);
        await using var endpoints = await filter.CreateAsync(static options => options with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        var failure = await FailureAsync(endpoints, token);
        Assert.That((failure.Error, failure.IsTransient), Is.EqualTo((ConnectError.TimedOut, true)), failure.Message);
        Assert.That(filter.Seen, Is.Not.Empty);
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task FloodOfIgnoredPackets_AllocatesNothing(CancellationToken token)
    {
        const int warmUp = 500;
        const int packets = 5_000;
        var (calls, before, after, isOpen) = (0, 0L, 0L, false);
        var isOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var filter = new Filter(IncomingFilterOutcome (_) =>
        {
            // Called on the I/O thread, which counts its own allocations.
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            if (++calls == warmUp)
                before = allocated;
            if (calls == warmUp + packets)
            {
                after = allocated;
                isOver.TrySetResult();
            }

            return Volatile.Read(ref isOpen) ? IncomingFilterOutcome.Accept : IncomingFilterOutcome.Ignore;
        }) { Records = false };
        await using var endpoints = await filter.CreateAsync();
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        for (var i = 0; !isOver.Task.IsCompleted; i++)
        {
            var id = BitConverter.GetBytes((long)i);
            await socket.SendAsync(CraftedInitial.Create(id, CraftedInitial.Crypto(offset: 1000)), endpoints.Listener.LocalEndPoint, token);
        }

        Assert.That(after - before, Is.LessThan(packets), "less than one byte for each packet");
        Assert.That(endpoints.Listener.Loop.ConnectionCount, Is.Zero);
        Assert.That(endpoints.Listener.Loop.Settings.Budget.Used, Is.Zero);
        Assert.That(endpoints.Pool.BytesOut, Is.Zero);
        Volatile.Write(ref isOpen, true);
        await endpoints.ConnectAsync(token);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task FilterThatFails_RejectsTheClient_AndIsLogged([Values] bool isUndefined, CancellationToken token)
    {
        var log = new LogRecorder("IncomingFilterFailed");
        var isFailing = true;
        var filter = new Filter(_ => (Volatile.Read(ref isFailing), isUndefined) switch
        {
            (false, _) => IncomingFilterOutcome.Accept,
            (_, true) => (IncomingFilterOutcome)77,
            _ => throw new FormatException("A test."),
        });
        await using var endpoints = await filter.CreateAsync(options => options with { LoggerFactory = log });
        Assert.That((await FailureAsync(endpoints, token)).Error, Is.EqualTo(ConnectError.Refused));
        var (text, failure) = await log.First.WaitAsync(token);
        Assert.That(text, Does.Contain($":{endpoints.Dialer.LocalEndPoint.Port}").And.Contain("1 times"));
        Assert.That(failure, isUndefined ? Is.TypeOf<InvalidOperationException>() : Is.TypeOf<FormatException>());

        Volatile.Write(ref isFailing, false);
        await endpoints.ConnectAsync(token);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Accept_PassesNoLimit(CancellationToken token)
    {
        var filter = new Filter(static _ => IncomingFilterOutcome.Accept);
        await using var endpoints = await filter.CreateAsync(static options => options with { MaxHandshakes = 1, RetryThreshold = 0 });
        using var silent = new RawClient(endpoints.Listener);
        using var client = new RawClient(endpoints.Listener);
        var retry = await silent.AskAsync(silent.First[0], token);
        Assert.That(RawClient.IsRetry(retry), Is.True, "the threshold");
        Assert.That(RawClient.IsInitial(await silent.AskAsync(silent.Feed(retry).Single(), token)), Is.True);
        client.Feed(await client.AskAsync(client.First[0], token));
        Assert.That(client.Core.End?.Reason, Is.EqualTo("busy"));
        Assert.That(filter.Seen.Select(static seen => seen.IsRemoteAddressValidated), Is.EqualTo(new[] { false, true, false }));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Filter_IsNotCalled_ForPacketsThatAreAnsweredAnyway(CancellationToken token)
    {
        var filter = new Filter(static _ => IncomingFilterOutcome.Accept);
        await using var endpoints = await filter.CreateAsync();
        using var client = new RawClient(endpoints.Listener);
        var unknownVersion = client.First[0].ToArray();
        unknownVersion.AsSpan(1, 4).Fill(0xba);
        await client.AskAsync(unknownVersion, token);
        var badToken = await client.AskAsync(client.AfterRetry([1, 2, 3, 4, 5, 6, 7, 8], [0xb7, .. new byte[89]]), token);
        client.Feed(badToken);
        Assert.That(client.Core.End?.Code, Is.EqualTo(Refusal.InvalidToken));

        endpoints.Listener.Listen([]);
        using var other = new RawClient(endpoints.Listener);
        other.Feed(await other.AskAsync(other.First[0], token));
        Assert.That(other.Core.End?.Reason, Is.EqualTo("not serving"));
        Assert.That(filter.Seen, Is.Empty);
    }

    private static async Task<MoqConnectException> FailureAsync(Endpoints endpoints, CancellationToken token)
    {
        var dialing = endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token).AsTask();
        return (await Assert.ThrowsAsync<MoqConnectException>(async () => await dialing))!;
    }

    /// <summary>A filter, and what it was asked about.</summary>
    private sealed class Filter(Func<Incoming, IncomingFilterOutcome> decide)
    {
        public ConcurrentQueue<Incoming> Seen { get; } = new();

        public bool Records { get; init; } = true;

        public Task<Endpoints> CreateAsync(Func<IrohEndpointOptions, IrohEndpointOptions>? change = null) =>
            Endpoints.CreateAsync(options => (change?.Invoke(options) ?? options) with { IncomingFilter = Decide });

        private IncomingFilterOutcome Decide(Incoming incoming)
        {
            if (Records)
                Seen.Enqueue(incoming);
            return decide(incoming);
        }
    }
}
