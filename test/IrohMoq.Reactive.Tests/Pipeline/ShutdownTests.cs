namespace IrohMoq.Reactive.Tests.Pipeline;

[Parallelizable(ParallelScope.All)]
public sealed class ShutdownTests
{
    [Test]
    public void AShutdownFromOutsideVirtualTime_IsRefused_AndTheNextOneStillEnds() => VirtualPeers.Run(async peers =>
    {
        var (alice, _) = peers.Add(1);
        InvalidOperationException? refused = null;
        var outside = new Thread(
            () => refused = Assert.Throws<InvalidOperationException>(() => alice.ShutdownAsync().GetAwaiter().GetResult()));
        outside.Start();
        outside.Join();
        Assert.That(refused, Has.Message.Contains("Virtual time was left"));

        await alice.ShutdownAsync();
        await alice.DisposeAsync();
        Assert.That(peers.World.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
    });
}
