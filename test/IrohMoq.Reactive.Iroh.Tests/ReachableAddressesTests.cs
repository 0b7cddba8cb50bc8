using System.Net;
using IrohMoq.Reactive.Endpoints;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class ReachableAddressesTests
{
    private static readonly MachineAddress[] Machine =
    [
        new(IPAddress.Loopback, IsUp: true),
        new(IPAddress.IPv6Loopback, IsUp: true),
        new(IPAddress.Parse("192.0.2.5"), IsUp: true),
        new(IPAddress.Parse("198.51.100.5"), IsUp: false),
        new(IPAddress.Parse("2001:db8::5"), IsUp: true),
        new(IPAddress.Parse("fe80::5%2"), IsUp: true),
    ];

    [TestCase("0.0.0.0:7", "192.0.2.5:7", TestName = "AllIPv4Addresses_WithoutLoopbackAndThoseThatAreDown")]
    [TestCase("[::]:7", "[2001:db8::5]:7", TestName = "AllIPv6Addresses_WithoutLoopbackAndLinkLocalOnes")]
    [TestCase("0.0.0.0:7 [::]:8", "192.0.2.5:7 [2001:db8::5]:8", TestName = "BothFamilies_EachWithItsPort")]
    [TestCase("127.0.0.1:7", "127.0.0.1:7", TestName = "LoopbackThatTheSocketIsBoundTo_IsNamed")]
    [TestCase("127.0.0.1:7 [::]:7", "127.0.0.1:7 [2001:db8::5]:7", TestName = "BoundAddressBesideAllOfTheOtherFamily")]
    [TestCase("[fe80::5%2]:7", "[fe80::5%2]:7", TestName = "LinkLocalAddressThatTheSocketIsBoundTo_IsNamed")]
    [TestCase("203.0.113.1:7", "203.0.113.1:7", TestName = "BoundAddress_NeedNotBeKnown")]
    public void Addresses(string bound, string reachable) =>
        Assert.That(ReachableAddresses.Of(EndPoints(bound), Machine), Is.EqualTo(EndPoints(reachable)));

    [Test]
    public void Loopback_IsNamedIfItIsAllThereIs()
    {
        MachineAddress[] lonely = [.. Machine.Where(static own => IPAddress.IsLoopback(own.Address) || !own.IsUp)];
        Assert.That(
            ReachableAddresses.Of(EndPoints("0.0.0.0:7 [::]:8"), lonely), Is.EqualTo(EndPoints("127.0.0.1:7 [::1]:8")));
        Assert.That(ReachableAddresses.Of(EndPoints("0.0.0.0:7"), []), Is.Empty);
    }

    [Test]
    public void Machine_HasLoopback() =>
        Assert.That(ReachableAddresses.OfMachine(), Has.Some.Matches<MachineAddress>(static own => own.Address.Equals(IPAddress.Loopback)));

    private static IPEndPoint[] EndPoints(string text) => [.. text.Split(' ').Select(IPEndPoint.Parse)];
}
