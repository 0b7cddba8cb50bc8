using System.Net;
using System.Net.Sockets;
using System.Text;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class SocketSetTests
{
    private const ulong Second = 1_000_000_000;

    private static readonly BindAddress IPv4 = new(new IPEndPoint(IPAddress.Loopback, 0));
    private static readonly BindAddress IPv6 = new(new IPEndPoint(IPAddress.IPv6Loopback, 0));

    // Reserved for documentation: no machine has it.
    private static readonly IPEndPoint Foreign = new(IPAddress.Parse("2001:db8::1"), 0);

    [SetUp]
    public void CheckIPv6()
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Ignore("This machine has no IPv6.");
    }

    [Test]
    public void AnyPorts_AreTheSameForBothFamilies()
    {
        using var sockets = new SocketSet([IPv4, IPv6]);
        Assert.That(sockets.LocalEndPoints.Select(static local => local.Address), Is.EqualTo([IPAddress.Loopback, IPAddress.IPv6Loopback]));
        Assert.That(sockets.LocalEndPoints[1].Port, Is.EqualTo(sockets.LocalEndPoints[0].Port).And.Not.Zero);
    }

    [Test]
    public void AnyPort_IsAnotherOneIfTheCommonOneIsTaken()
    {
        using var sockets = new SocketSet([IPv4, IPv4]);
        Assert.That(sockets.LocalEndPoints[1].Port, Is.Not.EqualTo(sockets.LocalEndPoints[0].Port).And.Not.Zero);
    }

    [Test]
    public void AnyPort_IsNotAGivenPort()
    {
        using var free = new SocketSet([IPv4]);
        var given = free.LocalEndPoints[0];
        free.Dispose();
        using var sockets = new SocketSet([new BindAddress(given), IPv6]);
        Assert.That(sockets.LocalEndPoints[0], Is.EqualTo(given));
        Assert.That(sockets.LocalEndPoints[1].Port, Is.Not.Zero);
    }

    [Test]
    public void RequiredAddressThatCannotBeBound_Throws()
    {
        var failure = Assert.Throws<SocketException>(() => new SocketSet([IPv4, new BindAddress(Foreign)]).Dispose());
        Assert.That(failure!.SocketErrorCode, Is.EqualTo(SocketError.AddressNotAvailable));
        Assert.That(failure.Message, Does.Contain(Foreign.ToString()));
    }

    [Test]
    public void TakenPort_Throws()
    {
        using var first = new SocketSet([IPv4]);
        var failure = Assert.Throws<SocketException>(() => new SocketSet([new BindAddress(first.LocalEndPoints[0])]).Dispose());
        Assert.That(failure!.SocketErrorCode, Is.EqualTo(SocketError.AddressAlreadyInUse));
    }

    [Test]
    public void OptionalAddressThatCannotBeBound_IsLeftOut()
    {
        using var sockets = new SocketSet([new BindAddress(Foreign, IsRequired: false), IPv4]);
        Assert.That(sockets.LocalEndPoints.Select(static local => local.Address), Is.EqualTo([IPAddress.Loopback]));
        Assert.Throws<SocketException>(() => new SocketSet([new BindAddress(Foreign, IsRequired: false)]).Dispose());
    }

    [Test]
    public void Datagrams_ComeFromTheSocketsInTurn_WithTheNumberOfTheirSocket()
    {
        using var sockets = new SocketSet([IPv4, IPv6]);
        using var sender4 = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var sender6 = new UdpClient(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        // Of different sizes, so that the kernel does not join them.
        foreach (var text in (string[])["a", "bb", "c"])
        {
            sender4.Send(Encoding.ASCII.GetBytes(text), sockets.LocalEndPoints[0]);
            sender6.Send(Encoding.ASCII.GetBytes(text), sockets.LocalEndPoints[1]);
        }

        var carriers = new List<int>();
        var texts = new List<string>[] { [], [] };
        Assert.That(sockets.Wait(10 * Second), Is.True);
        while (sockets.TryReceive(out var batch) || (carriers.Count < 6 && sockets.Wait(10 * Second)))
        {
            if (batch.Bytes.IsEmpty)
                continue;
            carriers.Add(batch.Path.Carrier);
            texts[batch.Path.Carrier].Add(Encoding.ASCII.GetString(batch.Bytes));
            Assert.That(
                batch.Path.Remote.ToEndPoint(), Is.EqualTo((batch.Path.Carrier == 0 ? sender4 : sender6).Client.LocalEndPoint));
            Assert.That(batch.Path.Local.ToEndPoint(), Is.EqualTo(sockets.LocalEndPoints[batch.Path.Carrier]));
        }

        Assert.That(texts, Has.All.EqualTo((string[])["a", "bb", "c"]));
        Assert.That(carriers.Take(2), Is.EquivalentTo([0, 1]), "no socket waits for the other to be empty");
        Assert.That(sockets.Wait(0), Is.False);
    }

    [Test]
    public void Datagram_LeavesThroughTheSocketOfItsPath()
    {
        using var sockets = new SocketSet([IPv4, IPv4]);
        using var receiver = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var remote = NetworkAddress.From((IPEndPoint)receiver.Client.LocalEndPoint!);
        for (var carrier = 0; carrier < 2; carrier++)
        {
            sockets.Send(new NetworkPath(sockets.Addresses[carrier], remote, carrier), "x"u8, 1);
            var from = new IPEndPoint(IPAddress.Any, 0);
            receiver.Receive(ref from);
            Assert.That(from, Is.EqualTo(sockets.LocalEndPoints[carrier]));
        }
    }

    [Test]
    public void Wake_EndsAWait_AndEachWakeOnlyOne()
    {
        using var sockets = new SocketSet([IPv4, IPv6]);
        sockets.Wake();
        sockets.Wake();
        Assert.That(sockets.Wait(ulong.MaxValue), Is.False);
        Assert.That(sockets.Wait(1), Is.False, "this one ended by its time");
    }

    [Test]
    public void Counters_CountEachSystemCallAndEachDatagram()
    {
        using var sockets = new SocketSet([IPv4, IPv4]);
        var local = sockets.Addresses[0];
        sockets.Send(new NetworkPath(local, sockets.Addresses[1]), "aabbc"u8, 2);
        sockets.Wake();
        var received = 0;
        while (received < 3)
        {
            sockets.Wait(ulong.MaxValue);
            while (sockets.TryReceive(out var batch))
                received += ((batch.Bytes.Length - 1) / batch.Segment) + 1;
        }

        var counters = sockets.Counters;
        Assert.Multiple(() =>
        {
            Assert.That(counters.Sends, Is.EqualTo(sockets.HasGso ? 1 : 3));
            Assert.That(counters.DatagramsSent, Is.EqualTo(3));
            Assert.That(counters.Receives, Is.GreaterThanOrEqualTo(2), "the last one found nothing");
            Assert.That(counters.DatagramsReceived, Is.EqualTo(3));
            Assert.That(counters.Waits, Is.GreaterThanOrEqualTo(1));
            Assert.That(counters.Wakes, Is.EqualTo(2), "one write and one read");
            Assert.That(counters - counters, Is.EqualTo(default(SocketCounters)));
        });
    }
}
