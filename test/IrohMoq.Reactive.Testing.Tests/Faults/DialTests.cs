using System.Net;
using IrohMoq.Reactive.Testing.Tests.Transport;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>
/// Every caller that waits for a dial gets its result and, if it fails, the reason, in a limited time, and no dial runs without a caller.
/// </summary>
public sealed class DialTests
{
    [Test, Fault(36)]
    public void Connect_LastWaiterCanceled_StopsDial() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var stop = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var (first, second) = (alice.ConnectAsync(bob, stop.Token), alice.ConnectAsync(bob, other.Token));
        await scene.PauseAsync(1.5 * Scene.Latency);
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await first);
        Assert.That(second.IsCompleted, Is.False, "another caller still waits");
        other.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await second);
        await scene.PauseAsync(1);
        Assert.That((alice.Events, bob.Events), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())), "no session is left over");
        Assert.That((alice.Endpoint.Connected.Count, bob.Endpoint.Connected.Count), Is.EqualTo((0, 0)));
        Assert.That((await alice.ConnectAsync(bob)).Closed.IsCompleted, Is.False);
    });

    [Test, Fault(36)]
    public void CanceledWhenTheSessionIsThere_TheHoldGoesBack() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        using var stop = new CancellationTokenSource();
        // In the same step: the result of the dial is on its way to the pipeline when the caller cancels.
        using var events = alice.Moq.SessionEvents().Subscribe(_ => stop.Cancel());
        try
        {
            await using var session = await alice.ConnectAsync(bob, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Either may be first.
        }

        await scene.PauseAsync(5.2);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens", "closes 0" }), "the session has no handle");
    });

    [Test, Fault(31)]
    public void DialFault_CompletesAllWaiters() => Scene.Run(async scene =>
    {
        var bob = scene.Add("bob");
        var endpoint = new FaultyEndpoint(scene.AddRaw("alice"));
        await using var alice = new Moq(endpoint, scene.Options);
        Exception[] faults =
        [
            new InvalidOperationException("a bug"), new OperationCanceledException("for no reason"),
            new MoqConnectException(ConnectError.Refused, "no"),
        ];
        foreach (var fault in faults)
        {
            endpoint.Fault = fault;
            var callers = Enumerable.Range(0, 3).Select(_ => alice.ConnectAsync(bob.Address)).ToArray();
            var failures = new List<MoqConnectException>();
            foreach (var caller in callers)
                failures.Add(await Failure.OfAsync<MoqConnectException>(async () => await caller));
            Assert.That(failures, Is.Unique, "an exception of its own for each");
            Assert.That(failures.Select(static failure => failure.InnerException), Is.All.SameAs(fault));
        }

        endpoint.Fault = null;
        Assert.That((await alice.ConnectAsync(bob.Address)).RemoteId, Is.EqualTo(bob.Id), "and the entry does not stay");
    });

    [Test, Fault(37)]
    public void NoAnswer_OneDeadlineOverTheWholeDial() => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice", new MoqOptions { DialTimeout = TimeSpan.FromSeconds(4) });
        var bob = scene.Add("bob");
        scene.Network.Partition(alice.Moq, bob.Moq);
        var before = scene.Seconds;
        var waiting = alice.ConnectAsync(bob);
        await scene.PauseAsync(3);
        // A later caller joins the dial that runs, and has no more time.
        var late = await Failure.OfAsync<MoqConnectException>(async () => await alice.ConnectAsync(bob));
        var failure = await Failure.OfAsync<MoqConnectException>(async () => await waiting);
        Assert.That(scene.Seconds - before, Is.EqualTo(4).Within(0.001));
        Assert.That(
            (failure.Error, failure.Code, late.Error), Is.EqualTo((ConnectError.TimedOut, MoqErrorCode.Timeout, ConnectError.TimedOut)));
    });

    [Test, Fault(37)]
    public void SilentPeer_IsASessionThatEndsAndDelaysNoOther() => Scene.Run(async scene =>
    {
        var (alice, silent) = (scene.Add("alice"), scene.AddRaw("silent"));
        await silent.ConnectAsync(alice.Address, alice.Moq.ProtocolHandler.Protocols);
        await scene.PauseAsync(1);
        Assert.That(alice.Events, Is.EqualTo(new[] { "opens" }), "moq-lite-03 has no exchange to wait for");
        var session = await alice.Moq.ConnectAsync(silent.Address);
        await Failure.OfAsync<MoqNotAnnouncedException>(async () => await session.SubscribeAsync("x", TimeSpan.FromSeconds(1)));
    });

    [Test, Fault(38)]
    public void DialsThatFail_TellWhy() => Scene.Run(async scene =>
    {
        var (alice, bob, mallory) = (scene.Add("alice"), scene.Add("bob"), scene.Add("mallory"));
        var other = scene.AddRaw("other", "h3");
        await ExpectAsync(alice.Address, ConnectError.SelfConnect, isRemote: false);
        await ExpectAsync(new EndpointAddr(bob.Id), ConnectError.NoAddress, isRemote: false);
        await ExpectAsync(new EndpointAddr(bob.Id, [.. mallory.Address.Addresses]), ConnectError.WrongPeer, isRemote: false);
        await ExpectAsync(other.Address, ConnectError.NoCommonProtocol, isRemote: true);
        await ExpectAsync(new EndpointAddr(bob.Id, new IPEndPoint(IPAddress.Loopback, 9)), ConnectError.TimedOut, isRemote: false);
        Assert.That(alice.Events, Is.Empty);

        async Task ExpectAsync(EndpointAddr remote, ConnectError reason, bool isRemote)
        {
            var failure = await Failure.OfAsync<MoqConnectException>(async () => await alice.Moq.ConnectAsync(remote));
            Assert.That((failure.Error, failure.IsRemote), Is.EqualTo((reason, isRemote)), failure.Message);
        }
    });

    [Test, Fault(39)]
    public void Protocols_AreAListAndTheSessionHasTheNegotiatedOne() => Scene.Run(async scene =>
    {
        var (alice, bob) = (scene.Add("alice"), scene.Add("bob"));
        var session = await alice.ConnectAsync(bob);
        Assert.That(bob.Moq.ProtocolHandler.Protocols, Does.Contain(session.Protocol).And.Contain("moq-lite-03"));
        // A peer that supports other versions as well gets the common one.
        var newer = scene.AddRaw("newer", "moq-lite-99", "moq-lite-03");
        Assert.That((await alice.Moq.ConnectAsync(newer.Address)).Protocol, Is.EqualTo("moq-lite-03"));
    });

    /// <summary>Represents an endpoint whose dials throw a given exception.</summary>
    private sealed class FaultyEndpoint(IEndpoint inner) : WrappedEndpoint(inner)
    {
        public Exception? Fault { get; set; }

        public override ValueTask<ITransportConnection> ConnectAsync(
            EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
            Fault is { } fault ? throw fault : base.ConnectAsync(remote, protocols, cancellationToken);
    }
}
