using IrohMoq.Reactive.Time;
using NUnit.Framework.Constraints;

namespace IrohMoq.Reactive.Tests.Endpoints;

/// <summary>How a router passes connections to the handlers of their protocols.</summary>
[CancelAfter(30_000)]
internal sealed class RouterTests
{
    [Test]
    public async Task Protocols_AreListenedForInTheOrderOfRegistration()
    {
        await using var endpoint = new FakeEndpoint();
        await using var router = Router.Start(endpoint, new FakeHandler("z", "b"), new FakeHandler(), new FakeHandler("a"));
        Assert.That(endpoint.Listened, Is.EqualTo(new[] { new[] { "z", "b", "a" } }));
    }

    [Test]
    public async Task ProtocolOfTwoHandlers_IsRefusedBeforeAnythingStarts()
    {
        await using var endpoint = new FakeEndpoint();
        Assert.That(
            () => Router.Start(endpoint, new FakeHandler("a"), new FakeHandler("b", "a")),
            Throws.ArgumentException.With.Message.Contains("\"a\""));
        Assert.That(() => Router.Start(endpoint, new FakeHandler("a", "a")), Throws.ArgumentException);
        Assert.That(endpoint.Listened, Is.Empty);
    }

    [Test]
    public void OptionOutOfRange_IsRefusedWhenItIsSet()
    {
        Assert.That(() => new RouterOptions { MaxAccepting = 0 }, Refuses(nameof(RouterOptions.MaxAccepting)));
        Assert.That(() => new RouterOptions { ShutdownTimeout = Timeout.InfiniteTimeSpan }, Refuses(nameof(RouterOptions.ShutdownTimeout)));
        Assert.That(() => new RouterOptions { LoggerFactory = null! }, Throws.ArgumentNullException);

        static IResolveConstraint Refuses(string name) =>
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(name);
    }

    [Test]
    public async Task EndedEndpoint_IsRefused()
    {
        var endpoint = new FakeEndpoint();
        await endpoint.DisposeAsync();
        Assert.That(() => Router.Start(endpoint, new FakeHandler("a")), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Connection_GoesToTheHandlerOfItsProtocolAndStaysOpen(CancellationToken cancellationToken)
    {
        await using var endpoint = new FakeEndpoint();
        var (one, other) = (new FakeHandler("a", "b"), new FakeHandler("c"));
        var router = Router.Start(endpoint, one, other);
        var (b, c) = (endpoint.Dial("b"), endpoint.Dial("c"));
        Assert.That(await one.NextAsync(cancellationToken), Is.SameAs(b));
        Assert.That(await other.NextAsync(cancellationToken), Is.SameAs(c));

        await router.DisposeAsync();
        Assert.That(b.IsClosed, Is.False, "The handler owns a connection that it has accepted.");
        Assert.That(one.Accepted + other.Accepted, Is.Zero);
    }

    [Test]
    public async Task UnknownProtocol_IsClosedAndLogged(CancellationToken cancellationToken)
    {
        await using var endpoint = new FakeEndpoint();
        using var log = new FakeLog();
        var handler = new FakeHandler("a");
        await using var router = Router.Start(endpoint, new RouterOptions { LoggerFactory = log }, handler);
        var stranger = endpoint.Dial("x");
        var end = await stranger.Closed;
        await stranger.Disposed;
        Assert.That((end.Code, end.Reason), Is.EqualTo((21ul, "no handler for this protocol")));
        Assert.That(log.ToString(), Does.Contain("No handler serves x").And.Contain("0101010101"));

        endpoint.Dial("a");
        await handler.NextAsync(cancellationToken);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task HandlerThatThrows_LosesThatConnectionOnly(bool atOnce, CancellationToken cancellationToken)
    {
        await using var endpoint = new FakeEndpoint();
        using var log = new FakeLog();
        var failing = new FakeHandler("bad")
        {
            OnAccept = async (_, _) =>
            {
                if (!atOnce)
                {
                    var later = new Completion<bool>(ThreadPoolRuntime.Instance);
                    later.TrySet(true);
                    await later.Task;
                }

                throw new InvalidOperationException("no luck");
            },
        };
        var good = new FakeHandler("good");
        await using var router = Router.Start(endpoint, new RouterOptions { LoggerFactory = log }, failing, good);
        var kept = endpoint.Dial("good");
        var failed = endpoint.Dial("bad");
        var end = await failed.Closed;
        await failed.Disposed;
        Assert.That((end.Code, end.Reason), Is.EqualTo((4ul, "handler failed")), "The peer does not see the message of the exception.");
        Assert.That(log.ToString(), Does.Contain("bad").And.Contain("no luck"));

        endpoint.Dial("good");
        await good.NextAsync(cancellationToken);
        await good.NextAsync(cancellationToken);
        Assert.That(kept.IsClosed, Is.False);
        Assert.That(router.Closed.IsCompleted, Is.False);
    }

    [Test]
    public async Task HandlerThatBlocksItsThread_DoesNotDelayOthers(CancellationToken cancellationToken)
    {
        await using var endpoint = new FakeEndpoint();
        using var go = new ManualResetEventSlim();
        var blocked = new FakeHandler("slow")
        {
            OnAccept = (_, _) =>
            {
                go.Wait(CancellationToken.None);
                return default;
            },
        };
        var quick = new FakeHandler("quick");
        await using var router = Router.Start(endpoint, blocked, quick);
        endpoint.Dial("slow");
        await blocked.NextAsync(cancellationToken);
        for (var i = 0; i < 100; i++)
            endpoint.Dial("quick");
        for (var i = 0; i < 100; i++)
            await quick.NextAsync(cancellationToken);
        go.Set();
    }

    [Test]
    public async Task TooManyStalledConnections_AreRefusedUntilOneEnds(CancellationToken cancellationToken)
    {
        await using var endpoint = new FakeEndpoint();
        using var log = new FakeLog();
        var go = new Completion<bool>(ThreadPoolRuntime.Instance);
        var stalled = new FakeHandler("a") { OnAccept = async (_, _) => await go.Task };
        await using var router = Router.Start(endpoint, new RouterOptions { MaxAccepting = 2, LoggerFactory = log }, stalled);
        var first = endpoint.Dial("a");
        endpoint.Dial("a");
        var third = endpoint.Dial("a");
        var end = await third.Closed;
        Assert.That((end.Code, end.Reason), Is.EqualTo((4ul, "too many connections")));
        Assert.That(log.ToString(), Does.Contain("2 connections"));

        await stalled.NextAsync(cancellationToken);
        await stalled.NextAsync(cancellationToken);
        go.TrySet(true);
        // A call that has ended is counted a little longer, so the first dials may still be refused.
        var accepted = stalled.NextAsync(cancellationToken);
        FakeConnection next;
        do
            next = endpoint.Dial("a");
        while (await Task.WhenAny(next.Closed, accepted) == next.Closed);
        Assert.That(await accepted, Is.SameAs(next));
        Assert.That(first.IsClosed, Is.False);
    }
}
