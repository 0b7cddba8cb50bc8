namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// A server sends at most three times what an address has sent before the address is validated. See RFC 9000, section 8.1.
/// </summary>
[Parallelizable(ParallelScope.All)]
public class AmplificationTests
{
    private const int Factor = 3;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>A client that sends its first flight and then nothing, as a source address that was forged.</summary>
    [TestCase(1)]
    [TestCase(3)]
    [TestCase(10)]
    public void SilentAddress_GetsAtMostThreeTimesWhatItHasSent(int datagrams)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var pair = new VirtualPair(seed, new LinkModel { Loss = seed % 2 == 0 ? 0.2 : 0 });
            var sent = 0;
            // The client never gets an answer, so it repeats its first flight only, and then falls silent.
            pair.Network.Filter = datagram => datagram.From != pair.Server && sent++ < datagrams;
            pair.Network.Run(30 * Second);
            if (pair.Server.Connections.Count == 0)
                continue;
            Assert.That(pair.Server.LiveCount, Is.Zero, pair.Description);
            Assert.That(pair.Server.Sent, Is.InRange(1, Factor * pair.Server.Received), pair.Description);
        }
    }

    /// <summary>At each moment of a handshake with losses, until the server has received a packet that proves the address.</summary>
    [Test]
    public void HandshakeWithLosses_KeepsTheLimitAtEachMoment()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var limit = TimeSpan.FromMinutes(2);
            using var pair = new VirtualPair(
                seed, new LinkModel { Loss = 0.4, Jitter = TimeSpan.FromMilliseconds(5), Duplication = 0.1 },
                settings: settings => settings with { HandshakeTimeout = limit, IdleTimeout = limit });
            var hasClientSentHandshake = false;
            pair.Network.Filter = datagram =>
            {
                if (datagram.From == pair.Client)
                {
                    hasClientSentHandshake |= !IsInitial(datagram.Bytes);
                    return true;
                }

                if (!hasClientSentHandshake)
                    Assert.That(pair.Server.Sent, Is.LessThanOrEqualTo(Factor * pair.Server.Received), pair.Description);
                return true;
            };
            pair.Connect(limit);
        }
    }

    private static bool IsInitial(byte[] datagram)
    {
        const int longHeaderAndType = 0xb0;
        const int initial = 0x80;
        return (datagram[0] & longHeaderAndType) == initial;
    }
}
