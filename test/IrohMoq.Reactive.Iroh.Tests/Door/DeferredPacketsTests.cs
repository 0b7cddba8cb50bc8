using System.Net;
using CsCheck;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class DeferredPacketsTests
{
    [Test]
    public void Packets_ComeBackInOrder_WithTheirPaths() =>
        Gen.Byte.Array[0, DeferredPackets.MaxLength].List[0, 40].Sample(packets =>
        {
            var deferred = new DeferredPackets(capacity: 100);
            // Twice, so that memory is used again.
            for (var round = 0; round < 2; round++)
            {
                for (var i = 0; i < packets.Count; i++)
                {
                    if (!deferred.TryAdd(PathOf(i), packets[i]))
                        return false;
                }

                for (var i = 0; i < packets.Count; i++)
                {
                    if (!deferred.TryTake(out var path, out var packet) || path != PathOf(i) || !packet.SequenceEqual(packets[i]))
                        return false;
                }
            }

            return !deferred.TryTake(out _, out _) && deferred.Count == 0;
        });

    [Test]
    public void FullQueue_DropsPackets()
    {
        var deferred = new DeferredPackets(capacity: 3);
        for (var i = 0; i < 5; i++)
            Assert.That(deferred.TryAdd(PathOf(i), [(byte)i]), Is.EqualTo(i < 3), $"packet {i}");
        Assert.That(deferred.TryTake(out _, out var packet), Is.True);
        Assert.That(packet[0], Is.Zero);
        Assert.That(deferred.TryAdd(PathOf(5), [5]), Is.True);
    }

    [Test]
    public void OneNetwork_UsesHalf()
    {
        var deferred = new DeferredPackets(capacity: 4);
        Assert.That(Enumerable.Range(0, 4).Count(_ => deferred.TryAdd(PathOf(7), [1])), Is.EqualTo(2));
        Assert.That(deferred.TryAdd(PathOf(8), [1]), Is.True);
    }

    [Test]
    public void PacketThatIsTooLong_IsDropped() =>
        Assert.That(new DeferredPackets(capacity: 4).TryAdd(PathOf(1), new byte[DeferredPackets.MaxLength + 1]), Is.False);

    private static NetworkPath PathOf(int host) => new(
        default, NetworkAddress.From(new IPEndPoint(new IPAddress([192, 0, 2, (byte)host]), 1)), Carrier: host);
}
