using System.Net;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class CandidatePathsTests
{
    [TestCase("0.0.0.0:1", "192.0.2.7:2", true)]
    [TestCase("0.0.0.0:1", "127.0.0.1:2", true)]
    [TestCase("0.0.0.0:1", "[::1]:2", false)]
    [TestCase("[::]:1", "[2001:db8::1]:2", true)]
    [TestCase("[::]:1", "192.0.2.7:2", false)]
    [TestCase("127.0.0.1:1", "127.0.0.2:2", true)]
    [TestCase("127.0.0.1:1", "192.0.2.7:2", true, Description = "It may be an address of this machine.")]
    [TestCase("192.0.2.1:1", "192.0.2.7:2", true)]
    [TestCase("192.0.2.1:1", "127.0.0.1:2", true)]
    [TestCase("[::1]:1", "[fe80::1%1]:2", true)]
    [TestCase("0.0.0.0:1", "[::ffff:192.0.2.7]:2", true)]
    public void SocketReaches_AddressesOfItsFamily(string local, string remote, bool reaches) =>
        Assert.That(CandidatePaths.CanReach(At(local), At(remote)), Is.EqualTo(reaches));

    [Test]
    public void EachAddress_GetsTheSocketOfItsFamily()
    {
        NetworkAddress[] locals = [At("0.0.0.0:1"), At("[::]:1")];
        var paths = CandidatePaths.Of(locals, [At("[2001:db8::1]:2"), At("192.0.2.7:2"), At("192.0.2.7:2")]);
        Assert.That(
            paths, Is.EqualTo([new NetworkPath(locals[1], At("[2001:db8::1]:2"), 1), new NetworkPath(locals[0], At("192.0.2.7:2"))]));
    }

    [Test]
    public void SeveralSocketsOfAFamily_AreAllTried_EachAddressOnceFirst()
    {
        NetworkAddress[] locals = [At("127.0.0.1:1"), At("192.0.2.1:1"), At("198.51.100.1:1")];
        var paths = CandidatePaths.Of(locals, [At("192.0.2.7:2"), At("127.0.0.2:2")]);
        Assert.That(
            paths.Select(static path => (path.Remote.ToString(), path.Carrier)),
            Is.EqualTo(
            [
                ("192.0.2.7:2", 1), ("127.0.0.2:2", 0), ("192.0.2.7:2", 2), ("127.0.0.2:2", 1), ("192.0.2.7:2", 0), ("127.0.0.2:2", 2),
            ]));
    }

    [Test]
    public void Paths_AreBounded_AndEveryAddressKeepsOne()
    {
        NetworkAddress[] locals = [At("192.0.2.1:1"), At("198.51.100.1:1")];
        var paths = CandidatePaths.Of(locals, Enumerable.Range(1, 15).Select(static i => At($"203.0.113.{i}:2")));
        Assert.That(paths, Has.Length.EqualTo(CandidatePaths.Max));
        Assert.That(paths.Select(static path => path.Remote).Distinct().Count(), Is.EqualTo(15));
    }

    private static NetworkAddress At(string text) => NetworkAddress.From(IPEndPoint.Parse(text));
}
