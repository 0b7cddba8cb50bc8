namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The path of a connection changes or fails during a transfer.</summary>
[Parallelizable(ParallelScope.All)]
public class PathChangeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LinkModel Narrow = new() { Delay = TimeSpan.FromMilliseconds(20), Rate = 200_000, Queue = 30_000 };

    [TestCase(0.0)]
    [TestCase(0.05)]
    public void ClientWhoseAddressChangesThreeTimes_GoesOn(double loss)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow with { Loss = loss });
            var transfer = new VirtualTransfer(pair, 500_000);
            transfer.Begin();
            for (byte i = 1; i <= 3; i++)
            {
                var moved = VirtualPair.AddressOf(1, (ushort)(5_000 + i));
                pair.Network.At(i * Second, () => pair.Network.Rebind(pair.Client, VirtualPair.ClientAddress, moved));
            }

            transfer.Complete(40 * Second);
            Assert.That(pair.Network.Unroutable, Is.GreaterThan(0), $"the former addresses were in use. {pair.Description}");
            Assert.That(transfer.LongestGap, Is.LessThan(3 * Second), pair.Description);
            pair.CloseAndCheckMemory();
        }
    }

    [TestCase(0.0)]
    [TestCase(0.05)]
    public void OutageOfTenSeconds_DelaysTheTransferAndLosesNothing(double loss)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow with { Loss = loss });
            var transfer = new VirtualTransfer(pair, 500_000);
            transfer.Begin();
            pair.Client.Link.GoDownAt(2 * Second, 10 * Second);
            pair.Server.Link.GoDownAt(2 * Second, 10 * Second);
            transfer.Complete(60 * Second);
            // A probe is due within the time of the outage once more, because the time between probes doubles.
            Assert.That(transfer.LongestGap, Is.InRange(9 * Second, (loss > 0 ? 45 : 20) * Second), pair.Description);
            pair.CloseAndCheckMemory();
        }
    }

    [Test]
    public void OutageOfOneDirection_IsSurvivedToo([Values] bool isUp)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow);
            var transfer = new VirtualTransfer(pair, 500_000);
            transfer.Begin();
            (isUp ? pair.Client : pair.Server).Link.GoDownAt(2 * Second, 10 * Second);
            transfer.Complete(60 * Second);
            pair.CloseAndCheckMemory();
        }
    }

    /// <summary>
    /// Somebody on the path sends copies of the client's packets from an address that is not the client's, and faster than the client's own
    /// arrive. The server must not leave the client for it. See RFC 9000, section 9.3.2.
    /// </summary>
    [Test]
    public void CopyFromAForeignAddress_DoesNotTakeTheConnection()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow);
            var attacker = VirtualPair.AddressOf(9, 9);
            var shortcut = new VirtualLink(pair.Network, new LinkModel { Delay = TimeSpan.Zero });
            var transfer = new VirtualTransfer(pair, 500_000);
            transfer.Begin();
            var copied = 0;
            long sentToAttacker = 0, receivedFromAttacker = 0;
            pair.Network.Filter = datagram =>
            {
                if (datagram.Destination == attacker)
                    sentToAttacker += datagram.Bytes.Length;
                if (datagram.From != pair.Client || ++copied % 50 != 0)
                    return true;
                receivedFromAttacker += datagram.Bytes.Length;
                shortcut.Carry(
                    datagram.Bytes.Length, () => pair.Server.Receive(datagram with { Source = attacker }));
                return true;
            };
            transfer.Complete(60 * Second);
            Assert.That(copied, Is.GreaterThan(200), pair.Description);
            Assert.That(sentToAttacker, Is.GreaterThan(0).And.LessThanOrEqualTo(3 * receivedFromAttacker), pair.Description);
            Assert.That(pair.Accepted.Core.HasEnded, Is.False);
            pair.Network.Filter = null;
            pair.CloseAndCheckMemory();
        }
    }
}
