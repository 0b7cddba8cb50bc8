using System.Reactive.Concurrency;
using IrohMoq.Reactive.Manager;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>
/// An unexpected exception ends the part that it belongs to, reaches every caller that waits for that part, and leaves no call waiting.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class FailureTests
{
    [Test]
    public void ReducerThatThrows_FailsEveryStreamAndCallOnce_AndTheDisposalReturns() => VirtualPeers.Run(async peers =>
    {
        MoqRules rules = static (state, happened) => happened is MoqEvent.BroadcastPublished
            ? throw new InvalidDataException("a bad rule")
            : MoqReducer.Reduce(state, happened);
        var (alice, _) = peers.Add(1, options => options with { Rules = rules });
        peers.Add(2);
        var session = await alice.ConnectAsync(peers.Addr(2));
        var ends = new List<string>();
        using var events = alice.SessionEvents().Subscribe(static _ => { }, fault => ends.Add($"events: {fault.Message}"));
        using var sessions = alice.OpenSessions().Subscribe(static _ => { }, fault => ends.Add($"sessions: {fault.Message}"));
        var dial = alice.ConnectAsync(VirtualPeers.Nowhere);
        await peers.WaitAsync(1);
        alice.Publish("x", alice.CreateBroadcast());
        var failure = await VirtualWorld.FailureOf(dial);
        await peers.WaitAsync(1);
        Assert.That(
            failure, Is.TypeOf<MoqException>().With.Message.Contains("a bad rule").And.InnerException.TypeOf<InvalidDataException>());
        Assert.That(ends, Has.Count.EqualTo(2).And.All.Contain("a bad rule"));
        Assert.That((await session.Closed).Code, Is.EqualTo(MoqErrorCode.Transport));
        Assert.That(await VirtualWorld.FailureOf(alice.ConnectAsync(peers.Addr(2))), Is.TypeOf<MoqException>(), "later calls fail at once");
        Assert.That(() => alice.Publish("y", alice.CreateBroadcast()), Throws.TypeOf<MoqException>());
        await alice.DisposeAsync();
        await alice.DisposeAsync();
        Assert.That(peers.Log.Of("PipelineFailed"), Has.Count.EqualTo(1));
    });

    [Test]
    [CancelAfter(60_000)]
    public async Task SchedulerThatIsDisposedFirst_FailsCallsAndTheDisposalReturns(CancellationToken cancellationToken)
    {
        var network = new InMemoryNetwork(new HistoricalScheduler());
        var loop = new EventLoopScheduler();
        var moq = new Moq(network.AddEndpoint("1"), new MoqOptions { Scheduler = loop });
        loop.Dispose();
        Assert.That(
            await VirtualWorld.FailureOf(moq.ConnectAsync(VirtualPeers.Nowhere, cancellationToken)),
            Is.TypeOf<MoqException>().With.InnerException.TypeOf<ObjectDisposedException>());
        Assert.That(await VirtualWorld.FailureOf(moq.ConnectAsync(VirtualPeers.Nowhere, cancellationToken)), Is.TypeOf<MoqException>());
        await moq.DisposeAsync().AsTask().WaitAsync(cancellationToken);
        await moq.DisposeAsync().AsTask().WaitAsync(cancellationToken);
    }

    [Test]
    public void LoggerThatThrows_ChangesNothing() => VirtualPeers.Run(async peers =>
    {
        using var log = new ThrowingLog();
        var (alice, _) = peers.Add(1, options => options with { LoggerFactory = log });
        peers.Add(2);
        await using (var session = await alice.ConnectAsync(peers.Addr(2)))
            Assert.That(session.RemoteId, Is.EqualTo(peers.Id(2)));
        await alice.ShutdownAsync();
        Assert.That(log.Count, Is.GreaterThan(0), "the logger was called");
    });

    [Test]
    public void EndpointThatIgnoresTheToken_CannotMakeADialLonger() => VirtualPeers.Run(async peers =>
    {
        var endpoint = new DeafEndpoint(peers.Network.AddEndpoint("deaf"));
        await using var moq = new Moq(endpoint, peers.Options with { DialTimeout = TimeSpan.FromSeconds(3) });
        var before = peers.World.Elapsed;
        var failure = await VirtualWorld.FailureOf(moq.ConnectAsync(VirtualPeers.Nowhere));
        Assert.That(
            failure, Is.TypeOf<MoqConnectException>().With.Property(nameof(MoqConnectException.Error)).EqualTo(ConnectError.TimedOut));
        Assert.That((peers.World.Elapsed - before).TotalSeconds, Is.EqualTo(3).Within(0.01));
    });

    [Test]
    public void EndpointThatDied_IsNamedByLaterCalls() => VirtualPeers.Run(async peers =>
    {
        var (alice, endpoint) = peers.Add(1);
        await endpoint.FailAsync(new IOException("socket gone"));
        await peers.WaitAsync(1);
        var failure = await VirtualWorld.FailureOf(alice.ConnectAsync(VirtualPeers.Nowhere));
        Assert.That(failure, Is.TypeOf<MoqException>().With.Message.Contains("socket gone"), "no caller has disposed the manager");
        Assert.That(() => alice.PublishedBroadcasts, Throws.TypeOf<MoqException>());
    });

    [Test]
    public void NewMoqWithoutOptions_RunsOnItsEndpointsClock() => VirtualPeers.Run(async peers =>
    {
        peers.Add(2);
        await using var moq = new Moq(peers.Network.AddEndpoint("plain"));
        await using var session = await moq.ConnectAsync(peers.Addr(2));
        Assert.That(session.RemoteId, Is.EqualTo(peers.Id(2)));
    });

    [Test]
    public void ConnectionsWithoutAnId_AreSessionsOfTheirOwn() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        var opened = new List<EndpointId>();
        using var events = alice.SessionEvents().Subscribe(happened => opened.Add(happened.RemoteId));
        for (var i = 0; i < 2; i++)
        {
            var listener = peers.Network.AddEndpoint($"listener {i}");
            listener.Listen(alice.ProtocolHandler.Protocols);
            var dialing = peers.Network.AddEndpoint($"dialer {i}").ConnectAsync(listener.Address, alice.ProtocolHandler.Protocols);
            var accepted = await listener.AcceptAsync();
            await dialing;
            await alice.ProtocolHandler.AcceptAsync(new AnonymousConnection(accepted), CancellationToken.None);
        }

        await peers.WaitAsync(10);
        Assert.That(opened, Is.EqualTo(new EndpointId[2]), "two sessions, neither of which replaces the other");
    });

    [Test]
    public void EffectOnASessionThatIsNotThere_FailsTheCaller() => VirtualPeers.Run(async peers =>
    {
        MoqRules rules = static (state, happened) =>
        {
            var step = MoqReducer.Reduce(state, happened);
            return step with
            {
                Effects = [.. step.Effects.Select(static effect => effect is ReplyEffect.Complete e ? e with { Session = 9_999 } : effect)],
            };
        };
        var (alice, _) = peers.Add(1, options => options with { Rules = rules });
        peers.Add(2);
        var failure = await VirtualWorld.FailureOf(alice.ConnectAsync(peers.Addr(2)));
        Assert.That(failure, Is.TypeOf<MoqException>().With.Message.Contains("9999"));
        Assert.That(peers.Log.Of("EffectFailed"), Has.Count.EqualTo(1));
    });

    [Test]
    public void PolicyThatIgnoresItsToken_RefusesThePeerInTime_AndHoldsNoPlace() => VirtualPeers.Run(async peers =>
    {
        var never = new Completion<bool>(peers.World.Runtime);
        var asked = 0;
        var (alice, _) = peers.Add(1, options => options with
        {
            MaxSessions = 1,
            DecisionTimeout = TimeSpan.FromSeconds(2),
            AcceptPolicy = (_, _) => ++asked < 3 ? new ValueTask<bool>(never.WaitAsync()) : new ValueTask<bool>(true),
        });
        foreach (byte name in new byte[] { 2, 3 })
        {
            var (peer, _) = peers.Add(name);
            var before = peers.World.Elapsed;
            var closed = await (await peer.ConnectAsync(peers.Addr(1))).Closed;
            Assert.That((closed.Code, closed.IsRemote), Is.EqualTo((MoqErrorCode.Unauthorized, true)));
            Assert.That((peers.World.Elapsed - before).TotalSeconds, Is.EqualTo(2).Within(0.2));
        }

        // Each decision has released its place.
        var (last, _) = peers.Add(4);
        var session = await last.ConnectAsync(peers.Addr(1));
        await peers.WaitAsync(1_000);
        Assert.That(session.Closed.IsCompleted, Is.False);
    });

    [Test]
    public void ShutdownDuringAGracefulClose_TakesItsOwnTimeOnly() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1, static options => options with { ShutdownTimeout = TimeSpan.FromSeconds(5) });
        var (bob, _) = peers.Add(2);
        using var broadcast = alice.CreateBroadcast();
        var track = broadcast.CreateTrack("t");
        using var live = alice.Publish("x", broadcast);
        var session = await bob.ConnectAsync(peers.Addr(1));
        // A reader that reads nothing of a finished track.
        using var reader = (await session.SubscribeAsync("x")).Track("t").Open();
        await track.WaitForSubscribersAsync(1);
        using (var group = track.AppendGroup())
        {
            group.Write(new byte[10]);
            group.Finish();
        }

        track.Finish();
        MoqSession? atAlice = null;
        using var sessions = alice.OpenSessions().Subscribe(open => atAlice = open.Count > 0 ? open[0] : atAlice);
        await peers.WaitAsync(10);
        var closing = atAlice!.CloseAsync(MoqErrorCode.FromApplication(7), "bye");
        await peers.WaitAsync(100);
        Assert.That(closing.IsCompleted, Is.False, "it waits for the reader");
        await alice.ShutdownAsync();
        Assert.That(peers.Log.Of("ShutdownTooLong"), Is.Empty);
        Assert.That((await closing).IsRemote, Is.False);
    });

    private sealed class ThrowingLog : ILoggerFactory, ILogger
    {
        public int Count { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Count++;
            throw new AggregateException("a provider failed");
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Represents an endpoint whose dials never end.</summary>
    private sealed class DeafEndpoint(InMemoryEndpoint inner) : IEndpoint
    {
        public EndpointId Id => inner.Id;

        public EndpointAddr Address => inner.Address;

        public Task<Exception?> Closed => inner.Closed;

        public Runtime Runtime => inner.Runtime;

        public void Listen(IReadOnlyList<string> protocols) => inner.Listen(protocols);

        public ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
            inner.AcceptAsync(cancellationToken);

        public ValueTask<ITransportConnection> ConnectAsync(
            EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
            new(new Completion<ITransportConnection>(inner.Runtime).Task);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    /// <summary>Represents a connection whose transport does not know the id of the peer.</summary>
    private sealed class AnonymousConnection(ITransportConnection inner) : ITransportConnection
    {
        public ReadOnlyMemory<byte> RemoteId => default;

        public string Protocol => inner.Protocol;

        public bool IsOutbound => inner.IsOutbound;

        public Task<TransportEnd> Closed => inner.Closed;

        public ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default) => inner.OpenBidiAsync(cancellationToken);

        public ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default) => inner.OpenUniAsync(cancellationToken);

        public ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default) =>
            inner.AcceptBidiAsync(cancellationToken);

        public ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) =>
            inner.AcceptUniAsync(cancellationToken);

        public void Close(ulong code, string reason) => inner.Close(code, reason);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
