using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Both sides change their packet protection keys during a transfer.</summary>
[Parallelizable(ParallelScope.All)]
public class KeyUpdateTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    [TestCase(0.0)]
    [TestCase(0.05)]
    public void Keys_ChangeInMidTransfer(double loss)
    {
        for (var seed = 1; seed <= 15; seed++)
        {
            var link = new LinkModel { Delay = TimeSpan.FromMilliseconds(10), Loss = loss, Rate = 500_000, Queue = 50_000 };
            using var pair = new VirtualPair(seed, link);
            var transfer = new VirtualTransfer(pair, 500_000);
            transfer.Begin();
            var updates = (Client: 0, Server: 0);
            for (var i = 1; i < 100; i++)
            {
                // Each side twice and then the other, so that both continue their own updates and those of the peer.
                var isClient = i % 4 < 2;
                pair.Network.At(pair.Network.Elapsed + (i * Interval), () =>
                {
                    if (!(isClient ? pair.Dialed : pair.Accepted).Core.TryUpdateKey(pair.Network.Now))
                        return;
                    updates = isClient ? (updates.Client + 1, updates.Server) : (updates.Client, updates.Server + 1);
                });
            }

            transfer.Complete(TimeSpan.FromSeconds(30));
            Assert.That((updates.Client, updates.Server), Is.GreaterThanOrEqualTo((1, 1)), pair.Description);
            pair.CloseAndCheckMemory();
        }
    }

    [Test]
    public void Update_IsRefused_BeforeTheHandshake_WhileAnotherIsNew_AndAfterTheEnd()
    {
        using var pair = new VirtualPair(seed: 1);
        Assert.That(Update(pair.Dialed.Core), Is.False);
        pair.Connect();
        pair.Network.Run(Interval);
        Assert.That((Update(pair.Dialed.Core), Update(pair.Dialed.Core)), Is.EqualTo((true, false)));
        pair.Dialed.Close(0, "");
        Assert.That(Update(pair.Dialed.Core), Is.False);

        bool Update(QuicCore core) => core.TryUpdateKey(pair.Network.Now);
    }
}
