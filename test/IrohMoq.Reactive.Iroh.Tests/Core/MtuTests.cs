namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The MTU of the path shrinks during a transfer.</summary>
[Parallelizable(ParallelScope.All)]
public class MtuTests
{
    private const int Size = 20_000_000;

    /// <summary>The UDP payload of an IPv4 packet of 1,280 bytes.</summary>
    private const int SmallPayload = 1_252;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LinkModel Link =
        new() { Delay = TimeSpan.FromMilliseconds(10), Rate = 4_000_000, Queue = 100_000, Mtu = 1_472 };

    [Test]
    public void PathMtu_IsDiscovered()
    {
        using var pair = new VirtualPair(seed: 1, Link);
        Transfer(pair, 2_000_000);
        Assert.That((pair.Client.Link.Largest, pair.Server.Link.Largest), Is.GreaterThanOrEqualTo((1_444, 1_444)));
    }

    /// <summary>Larger datagrams have never arrived, so only probes are lost.</summary>
    [TestCase(1_200)]
    [TestCase(1_252)]
    [TestCase(1_300)]
    public void SmallMtuFromTheBeginning_CostsProbesOnly(int mtu)
    {
        using var pair = new VirtualPair(seed: 1, Link with { Mtu = mtu });
        Transfer(pair, 2_000_000);
        Assert.That((pair.Client.Link.TooLarge, pair.Server.Link.TooLarge), Is.LessThanOrEqualTo((20, 20)), pair.Description);
    }

    [Test]
    public void RouterThatDropsLargeDatagramsFromNowOn_DelaysTheTransferByLessThanThreeSeconds([Values] bool isUp, [Values(1, 2, 5)] int at)
    {
        using var pair = new VirtualPair(seed: 1, Link);
        (isUp ? pair.Client : pair.Server).Link.ChangeAt(at * Second, static link => link with { Mtu = SmallPayload });
        Transfer(pair, Size);
    }

    [Test]
    public void LocalInterfaceThatRefusesLargeDatagramsFromNowOn_DelaysTheTransferByLessThanThreeSeconds(
        [Values] bool isUp, [Values(1, 2, 5)] int at)
    {
        using var pair = new VirtualPair(seed: 1, Link);
        (isUp ? pair.Client : pair.Server).Link.ChangeAt(at * Second, static link => link with { Mtu = SmallPayload, IsMtuLocal = true });
        Transfer(pair, Size);
    }

    private static void Transfer(VirtualPair pair, int size)
    {
        var transfer = new VirtualTransfer(pair, size / 2);
        transfer.Complete(60 * Second);
        Assert.That(transfer.LongestGap, Is.LessThan(3 * Second), pair.Description);
        pair.CloseAndCheckMemory();
    }
}
