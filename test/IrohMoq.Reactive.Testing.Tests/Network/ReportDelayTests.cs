using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Network;

/// <summary>An endpoint that reports ends and dials later than they happen.</summary>
public sealed class ReportDelayTests
{
    private const string Protocol = "test";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);

    [Test]
    public void EndOfAConnection_IsReportedLater_AndItsStreamsFailAtOnce() => Run(async (network, alice, bob) =>
    {
        var (mine, theirs) = await ConnectAsync(alice, bob);
        var accepting = theirs.AcceptUniAsync().AsTask();
        theirs.Close(7, "enough");
        await Failure.OfAsync<TransportClosedException>(async () => await accepting);
        await Failure.OfAsync<TransportClosedException>(async () => await theirs.OpenUniAsync());
        Assert.That(theirs.Closed.IsCompleted, Is.False);
        await network.Runtime.DelayAsync(Delay + TimeSpan.FromMilliseconds(1));
        Assert.That(theirs.Closed.IsCompleted, Is.True);
        Assert.That(await mine.Closed, Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 7, "enough", IsRemote: true)));
    });

    [Test]
    public void Dial_IsReportedLater_ThanThePeerAccepts() => Run(async (network, alice, bob) =>
    {
        var dialing = alice.ConnectAsync(bob.Address, [Protocol]);
        await bob.AcceptAsync();
        Assert.That(dialing.IsCompleted, Is.False);
        await dialing;
        Assert.That(
            network.Trace.Elapsed - (2 * network.Latency), Is.InRange(TimeSpan.FromMilliseconds(1), Delay + TimeSpan.FromMilliseconds(1)));
    });

    [Test]
    public void DialCanceledBeforeItIsReported_ClosesItsConnection() => Run(async (network, alice, bob) =>
    {
        using var cancel = new CancellationTokenSource();
        var dialing = alice.ConnectAsync(bob.Address, [Protocol], cancel.Token);
        var theirs = await bob.AcceptAsync();
        cancel.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await dialing);
        Assert.That((await theirs.Closed).IsRemote, Is.True);
        await network.Runtime.DelayAsync(Delay + TimeSpan.FromMilliseconds(1));
        Assert.That((alice.Connected, bob.Connected), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())));
    });

    [Test]
    public void SessionWhoseConnectionIsSupersededBeforeTheDialIsReported_Continues()
    {
        var held = 0;
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var network = new InMemoryNetwork(new TestScheduler(), seed) { DialTimeout = Minute, ReportDelay = TimeSpan.FromSeconds(5) };
            var peers = new[] { network.AddPeer("alice"), network.AddPeer("bob") }.OrderBy(peer => network.EndpointOf(peer).Id).ToArray();
            network.Run(async () =>
            {
                var (small, great) = (peers[0], peers[1]);
                var ends = new List<SessionClosed>();
                using var closed = small.SessionClosures().Subscribe(ends.Add);
                var dialing = small.ConnectAsync(network.AddressOf(great));
                var dialed = great.ConnectAsync(network.AddressOf(small));
                var session = await dialing;
                // The peer has closed the connection that it dialed; this side's dial has not been reported yet.
                while (!session.Connection.IsOutbound)
                {
                    await network.Runtime.DelayAsync(TimeSpan.FromMilliseconds(50));
                    held += !session.Connection.IsOutbound && session.Connection.Closed.IsCompleted ? 1 : 0;
                }

                await dialed;
                await network.Runtime.DelayAsync(TimeSpan.FromSeconds(10));
                Assert.That(ends, Is.Empty);
            });
        }

        Assert.That(held, Is.Positive, "some seeds lead to it");
    }

    private static async Task<(ITransportConnection Mine, ITransportConnection Theirs)> ConnectAsync(
        InMemoryEndpoint alice, InMemoryEndpoint bob) =>
        (await alice.ConnectAsync(bob.Address, [Protocol]), await bob.AcceptAsync());

    private static void Run(Func<InMemoryNetwork, InMemoryEndpoint, InMemoryEndpoint, Task> body)
    {
        var network = new InMemoryNetwork(new TestScheduler()) { Latency = TimeSpan.FromMilliseconds(100), ReportDelay = Delay };
        var (alice, bob) = (network.AddEndpoint("alice"), network.AddEndpoint("bob"));
        bob.Listen([Protocol]);
        network.Run(() => body(network, alice, bob));
    }
}
