using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>
/// .NET continues all awaits of a task but the first on the thread pool; results with several waiters must stay in virtual time.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class ManyWaitersTests
{
    [Test]
    public void Completion_EveryWaiterContinuesInVirtualTimeAndInOrder() => VirtualWorld.Run(async world =>
    {
        var shot = new Completion<int>(world.Runtime);
        var went = new List<(int, int)>();
        var waiting = Enumerable.Range(0, 4).Select(WaitAsync).ToArray();
        shot.TrySet(1);
        foreach (var waiter in waiting)
            await waiter;
        Assert.That(went, Is.EqualTo(Enumerable.Range(0, 4).Select(static number => (number, Environment.CurrentManagedThreadId))));
        Assert.That(await shot.Task, Is.EqualTo(1), "late ones get it at once");

        async Task WaitAsync(int number)
        {
            await shot.WaitAsync();
            went.Add((number, Environment.CurrentManagedThreadId));
        }
    });

    [Test]
    public void ApplicationThatAwaitsTheEndOfASession_ContinuesInVirtualTime() => VirtualPeers.Run(async peers =>
    {
        var thread = Environment.CurrentManagedThreadId;
        var (alice, a) = peers.Add(1);
        var (_, b) = peers.Add(2);
        var session = await alice.ConnectAsync(peers.Addr(2));
        peers.Cut(a, b);
        await session.Closed;
        Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
        await Task.WhenAll(alice.ShutdownAsync(), alice.ShutdownAsync(), session.DisposeAsync().AsTask());
        Assert.That(Environment.CurrentManagedThreadId, Is.EqualTo(thread));
        Assert.That(peers.Log.Of("ShutdownTooLong"), Is.Empty);
    });
}
