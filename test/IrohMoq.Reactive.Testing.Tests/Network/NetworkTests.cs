using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Network;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NetworkTests
{
    private const string Protocol = "test";

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(20);

    private readonly TestScheduler _scheduler = new();
    private readonly InMemoryNetwork _network;
    private readonly InMemoryEndpoint _alice;
    private readonly InMemoryEndpoint _bob;

    public NetworkTests()
    {
        _network = new InMemoryNetwork(_scheduler, seed: 7) { Latency = Latency };
        _alice = _network.AddEndpoint("alice");
        _bob = _network.AddEndpoint("bob");
        _bob.Listen([Protocol]);
    }

    private double Seconds => TimeSpan.FromTicks(_scheduler.Clock).TotalSeconds;

    [Test]
    public void Dial_TakesOneRoundTrip() => _network.Run(async () =>
    {
        await _alice.ConnectAsync(_network.AddressOf(_bob), [Protocol]);
        Assert.That(Seconds, Is.EqualTo(0.040).Within(0.001));
    });

    [Test]
    public void ArrivalsNotTraced_EndsAndAddedLinesAreLeft()
    {
        var network = new InMemoryNetwork(new TestScheduler()) { TracesArrivals = false };
        var (alice, bob) = (network.AddEndpoint("alice"), network.AddEndpoint("bob"));
        bob.Listen([Protocol]);
        network.Run(async () =>
        {
            var mine = await alice.ConnectAsync(network.AddressOf(bob), [Protocol]);
            var send = await mine.OpenUniAsync();
            await send.WriteAsync(new byte[] { 1 });
            network.Trace.Add("alice", "has written");
            mine.Close(0, "");
        });
        Assert.That(network.Trace.Lines.Select(line => line[(line.IndexOf(' ') + 1)..]), Is.EqualTo(new[]
        {
            "bob is dialed by alice",
            "alice has written",
            "alice c1 closed on this side with code 0",
        }));
    }

    [Test]
    public void Partition_BothSidesTimeOutAfterTheIdleTimeout() => _network.Run(async () =>
    {
        var (mine, theirs) = await ConnectAsync();
        await _network.Runtime.DelayAsync(TimeSpan.FromMinutes(10));
        Assert.That(mine.Closed.IsCompleted || theirs.Closed.IsCompleted, Is.False, "Quiet is not dead: connections are kept alive.");

        var cut = Seconds;
        _network.Partition(_alice, _bob);
        var end = new TransportEnd(TransportEndCause.TimedOut, 0, "", IsRemote: false);
        Assert.That(await mine.Closed, Is.EqualTo(end));
        Assert.That(await theirs.Closed, Is.EqualTo(end));
        Assert.That(Seconds - cut, Is.EqualTo(30).Within(0.001));
    });

    [Test]
    public void HealedInTime_WhatWasSentMeanwhileArrivesWholeAndInOrder() => _network.Run(async () =>
    {
        var (mine, theirs) = await ConnectAsync();
        var send = await mine.OpenUniAsync();
        await send.WriteAsync(new byte[] { 1 });
        _network.Partition(_bob, _alice);
        await send.WriteAsync(new byte[] { 2 });
        send.Finish();
        var accepting = theirs.AcceptUniAsync().AsTask();
        await _network.Runtime.DelayAsync(TimeSpan.FromSeconds(29));
        Assert.That(accepting.IsCompleted, Is.False);

        _network.Heal(_alice, _bob);
        var receive = await accepting;
        var buffer = new byte[2];
        await receive.ReadAsync(buffer.AsMemory(0, 1));
        await receive.ReadAsync(buffer.AsMemory(1, 1));
        Assert.That(buffer, Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That((await send.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        await _network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.That(mine.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void Partition_LeavesOtherPairsAlone() => _network.Run(async () =>
    {
        var (mine, theirs) = await ConnectAsync();
        var carol = _network.AddEndpoint("carol");
        _network.Partition(_alice, carol);
        _network.Partition(carol, _bob);
        await _network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.That(mine.Closed.IsCompleted || theirs.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void DialDuringAPartition_TimesOutUnlessItHealsInTime() => _network.Run(async () =>
    {
        _network.Partition(_alice, _bob);
        var late = await FailureAsync(_alice.ConnectAsync(_bob.Address, [Protocol]));
        Assert.That(late.Error, Is.EqualTo(ConnectError.TimedOut));
        Assert.That(Seconds, Is.EqualTo(10).Within(0.001));

        var dialing = _alice.ConnectAsync(_bob.Address, [Protocol]);
        await _network.Runtime.DelayAsync(TimeSpan.FromSeconds(5));
        _network.Heal(_alice, _bob);
        await using var mine = await dialing;
        // The first attempt arrives after the heal as well; no caller waits for it, and it must not be accepted.
        await using var theirs = await _bob.AcceptAsync();
        using var giveUp = new CancellationTokenSource();
        var second = _bob.AcceptAsync(giveUp.Token).AsTask();
        await _network.Runtime.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(second.IsCompleted, Is.False);
        giveUp.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await second);
    });

    [Test]
    public void Kill_FailsThePeerAtOnceAndTheOthersByTheIdleTimeout() => _network.Run(async () =>
    {
        var (mine, theirs) = await ConnectAsync();
        _network.Kill(_bob);
        var before = Seconds;
        Assert.That((await theirs.Closed).Cause, Is.EqualTo(TransportEndCause.TransportError));
        Assert.That(await _bob.Closed, Is.InstanceOf<IOException>());
        Assert.That(Seconds - before, Is.LessThan(0.001));
        Assert.That((await mine.Closed).Cause, Is.EqualTo(TransportEndCause.TimedOut));
        Assert.That(Seconds - before, Is.EqualTo(30).Within(0.001));
        Assert.That((await FailureAsync(_alice.ConnectAsync(_bob.Address, [Protocol]))).Error, Is.EqualTo(ConnectError.TimedOut));

        var again = _network.AddEndpoint("bob");
        Assert.That(again.Id, Is.EqualTo(_bob.Id));
        Assert.That(again.Address, Is.Not.EqualTo(_bob.Address));
        again.Listen([Protocol]);
        await _alice.ConnectAsync(again.Address, [Protocol]);
    });

    [Test]
    public void UnacceptedConnections_AreLimited()
    {
        var network = new InMemoryNetwork(new TestScheduler()) { MaxUnaccepted = 2 };
        var (from, to) = (network.AddEndpoint("from"), network.AddEndpoint("to"));
        to.Listen([Protocol]);
        network.Run(async () =>
        {
            await using var first = await from.ConnectAsync(to.Address, [Protocol]);
            await using var second = await from.ConnectAsync(to.Address, [Protocol]);
            Assert.That((await FailureAsync(from.ConnectAsync(to.Address, [Protocol]))).Error, Is.EqualTo(ConnectError.Busy));
            await to.AcceptAsync();
            await using var third = await from.ConnectAsync(to.Address, [Protocol]);
        });
    }

    [Test]
    public void Bandwidth_IsWhatPasses()
    {
        var scheduler = new TestScheduler();
        var network = new InMemoryNetwork(scheduler) { Latency = TimeSpan.Zero, Bandwidth = 1_000_000 };
        var (from, to) = (network.AddEndpoint("from"), network.AddEndpoint("to"));
        to.Listen([Protocol]);
        network.Run(async () =>
        {
            var connection = await from.ConnectAsync(to.Address, [Protocol]);
            var send = await connection.OpenUniAsync();
            await send.WriteAsync(new byte[1_000_000]);
            send.Finish();
            await send.Closed;
        });
        Assert.That(TimeSpan.FromTicks(scheduler.Clock).TotalSeconds, Is.EqualTo(1).Within(0.01));
    }

    [Test]
    public void Ids_ComeFromTheSeedAndTheNameAndAreRealKeys()
    {
        var same = new InMemoryNetwork(new TestScheduler(), seed: 7).AddEndpoint("alice");
        var other = new InMemoryNetwork(new TestScheduler(), seed: 8).AddEndpoint("alice");
        Assert.That(same.Id, Is.EqualTo(_alice.Id));
        Assert.That(other.Id, Is.Not.EqualTo(_alice.Id));
        Assert.That(_bob.Id, Is.Not.EqualTo(_alice.Id));
        Assert.That(EndpointTicket.Parse(_alice.Ticket.ToString()).Address, Is.EqualTo(_alice.Address));
    }

    [Test]
    public void NameInUse_IsRefused() =>
        Assert.That(() => _network.AddEndpoint("alice"), Throws.ArgumentException.With.Message.Contains("alice"));

    [Test]
    public void EndpointOfAnotherNetwork_IsRefused()
    {
        var stranger = new InMemoryNetwork(new TestScheduler()).AddEndpoint("stranger");
        Assert.That(() => _network.Partition(_alice, stranger), Throws.ArgumentException.With.Message.Contains("stranger"));
    }

    [Test]
    public void SecondWriterOrReaderOfAStream_IsRefused() => _network.Run(async () =>
    {
        var (mine, theirs) = await ConnectAsync();
        var send = await mine.OpenUniAsync();
        var writing = send.WriteAsync(new byte[20 << 20]).AsTask();
        await Failure.OfAsync<InvalidOperationException>(() => send.WriteAsync(new byte[1]));
        var silent = await mine.OpenBidiAsync();
        var reading = silent.Receive.ReadAsync(new byte[1]).AsTask();
        await Failure.OfAsync<InvalidOperationException>(async () => await silent.Receive.ReadAsync(new byte[1]));
        mine.Close(0, "");
        await Failure.OfAsync<TransportClosedException>(async () => await reading);
        await Failure.OfAsync<TransportClosedException>(async () => await writing);
    });

    private async Task<(ITransportConnection Mine, ITransportConnection Theirs)> ConnectAsync()
    {
        var mine = await _alice.ConnectAsync(_bob.Address, [Protocol]);
        return (mine, await _bob.AcceptAsync());
    }

    private static Task<MoqConnectException> FailureAsync(ValueTask<ITransportConnection> dial) =>
        Failure.OfAsync<MoqConnectException>(async () => await dial);
}
