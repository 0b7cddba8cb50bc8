using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Endpoints;

/// <summary>The shutdown of a router and of its handlers, and the end of its endpoint.</summary>
[CancelAfter(30_000)]
internal sealed class RouterShutdownTests
{
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Dispose_ShutsEveryHandlerDownOnceAndLeavesTheEndpointOpen(CancellationToken cancellationToken)
    {
        await using var endpoint = new FakeEndpoint();
        var canceled = new Completion<bool>(ThreadPoolRuntime.Instance);
        var waiting = new FakeHandler("a")
        {
            OnAccept = async (_, token) =>
            {
                try
                {
                    await new Signal(ThreadPoolRuntime.Instance).WaitAsync(token);
                }
                finally
                {
                    canceled.TrySet(token.IsCancellationRequested);
                }
            },
        };
        var idle = new FakeHandler("b");
        var router = Router.Start(endpoint, waiting, idle);
        var connection = endpoint.Dial("a");
        await waiting.NextAsync(cancellationToken);

        await Task.WhenAll(router.DisposeAsync().AsTask(), router.DisposeAsync().AsTask());
        await router.DisposeAsync();
        Assert.That(await canceled.Task, Is.True);
        Assert.That((waiting.Shutdowns, idle.Shutdowns), Is.EqualTo((1, 1)));
        var end = await connection.Closed;
        Assert.That((end.Code, end.Reason), Is.EqualTo((0ul, "shutting down")));
        Assert.That(await router.Closed, Is.Null);
        Assert.That(endpoint.Listened, Is.EqualTo(new[] { new[] { "a", "b" }, [] }));
        Assert.That(endpoint.IsDisposed, Is.False);

        var late = endpoint.Dial("a");
        Assert.That(waiting.Accepted, Is.Zero);
        Assert.That(late.IsClosed, Is.False, "The owner of the endpoint decides about connections that no handler accepted.");
    }

    [Test]
    public async Task HandlerThatFailsInItsShutdown_DoesNotStopTheOtherShutdowns()
    {
        await using var endpoint = new FakeEndpoint();
        using var log = new FakeLog();
        var failing = new FakeHandler("a") { OnShutdown = _ => throw new InvalidOperationException("not now") };
        var other = new FakeHandler("b");
        await Router.Start(endpoint, new RouterOptions { LoggerFactory = log }, failing, other).DisposeAsync();
        Assert.That(other.Shutdowns, Is.EqualTo(1));
        Assert.That(log.ToString(), Does.Contain("A handler of a failed in its shutdown").And.Contain("not now"));
    }

    [Test]
    public async Task Shutdowns_RunConcurrently()
    {
        await using var endpoint = new FakeEndpoint();
        var (one, other) = (new Completion<bool>(ThreadPoolRuntime.Instance), new Completion<bool>(ThreadPoolRuntime.Instance));
        using var log = new FakeLog();
        await Router.Start(
            endpoint,
            new RouterOptions { LoggerFactory = log },
            new FakeHandler("a") { OnShutdown = async _ => await Meet(one, other) },
            new FakeHandler("b") { OnShutdown = async _ => await Meet(other, one) }).DisposeAsync();
        Assert.That(log.ToString(), Is.Empty);

        static async Task Meet(Completion<bool> mine, Completion<bool> others)
        {
            mine.TrySet(true);
            await others.Task;
        }
    }

    [Test]
    public async Task HandlerThatNeverEnds_IsAbandonedAtTheTimeout(CancellationToken cancellationToken)
    {
        await using var endpoint = new FakeEndpoint();
        using var log = new FakeLog();
        var never = new Completion<bool>(ThreadPoolRuntime.Instance);
        var canceled = new Completion<bool>(ThreadPoolRuntime.Instance);
        var stuck = new FakeHandler("a")
        {
            OnAccept = async (_, _) => await never.Task,
            OnShutdown = async token =>
            {
                using var registration = token.Register(() => canceled.TrySet(true));
                await never.Task;
            },
        };
        var router = Router.Start(endpoint, new RouterOptions { ShutdownTimeout = ShortTimeout, LoggerFactory = log }, stuck);
        var connection = endpoint.Dial("a");
        await stuck.NextAsync(cancellationToken);

        await router.DisposeAsync();
        var end = await connection.Closed;
        Assert.That((end.Code, end.Reason), Is.EqualTo((0ul, "shutting down")));
        Assert.That(await canceled.Task, Is.True);
        Assert.That(log.ToString(), Does.Contain("gave up on 2 calls"));
        never.TrySet(true);
    }

    [Test]
    public async Task CancellationCallbackThatThrows_IsLoggedAndTheShutdownContinues()
    {
        await using var endpoint = new FakeEndpoint();
        using var log = new FakeLog();
        var registered = new Completion<bool>(ThreadPoolRuntime.Instance);
        var handler = new FakeHandler("a")
        {
            OnAccept = (_, token) =>
            {
                token.Register(() => throw new InvalidOperationException("from a callback"));
                registered.TrySet(true);
                return default;
            },
        };
        var router = Router.Start(endpoint, new RouterOptions { LoggerFactory = log }, handler);
        endpoint.Dial("a");
        await registered.Task;
        await router.DisposeAsync();
        Assert.That(log.ToString(), Does.Contain("A handler failed when its calls were canceled").And.Contain("from a callback"));
        Assert.That(handler.Shutdowns, Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task EndOfTheEndpoint_EndsTheRouterWithItsCause(bool hasFault)
    {
        var endpoint = new FakeEndpoint();
        using var log = new FakeLog();
        var handler = new FakeHandler("a");
        var router = Router.Start(endpoint, new RouterOptions { LoggerFactory = log }, handler);
        var fault = hasFault ? new IOException("the socket is gone") : null;
        endpoint.Die(fault);
        Assert.That(await router.Closed, Is.SameAs(fault));
        Assert.That(log.ToString(), Does.Contain("The endpoint has ended"));
        Assert.That(handler.Shutdowns, Is.Zero, "the owner of the router disposes of it");

        await router.DisposeAsync();
        Assert.That(handler.Shutdowns, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task EndOfTheEndpointThatFails_IsTheCause(CancellationToken token)
    {
        var fault = new IOException("the socket is gone");
        var endpoint = new FakeEndpoint { End = Task.FromException<Exception?>(fault) };
        var router = Router.Start(endpoint, new FakeHandler("a"));
        endpoint.Die(null);
        Assert.That(await router.Closed.WaitAsync(token), Is.SameAs(fault));
        await router.DisposeAsync();
    }
}
