namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class ShutdownTests
{
    [Test]
    public void AShutdownFromOutsideVirtualTime_IsRefused_AndTheNextOneStillEnds() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        Exception? refused = null;
        var outside = new Thread(() => refused = Record(() => _ = alice.ShutdownAsync()));
        outside.Start();
        outside.Join();
        Assert.That(refused, Is.InstanceOf<InvalidOperationException>().With.Message.Contains("Virtual time was left"));

        await alice.ShutdownAsync();
        await alice.DisposeAsync();
        Assert.That(peers.World.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
    });

    private static Exception? Record(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (InvalidOperationException refused)
        {
            return refused;
        }
    }
}
