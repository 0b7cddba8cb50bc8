using System.Net;

namespace IrohMoq.Reactive.Tests.Endpoints;

internal sealed class EndpointAddrTests
{
    private static readonly EndpointId Id = EndpointId.Parse(IrohVector.All[0].Id);

    [Test]
    public void Addresses_AreOrderedByValueAndWithoutDuplicates()
    {
        var addr = new EndpointAddr(
            Id, At("[::1]:2"), At("10.0.0.2:1"), At("[::1]:1"), At("10.0.0.1:9"), At("10.0.0.1:2"), At("200.0.0.1:1"), At("10.0.0.1:9"));
        Assert.That(
            addr.Addresses.Select(address => address.ToString()),
            Is.EqualTo(["10.0.0.1:2", "10.0.0.1:9", "10.0.0.2:1", "200.0.0.1:1", "[::1]:1", "[::1]:2"]));
    }

    [Test]
    public void MappedIPv4_StaysIPv6() =>
        Assert.That(new EndpointAddr(Id, At("[::ffff:10.0.0.1]:1"), At("10.0.0.1:1")).Addresses, Has.Length.EqualTo(2));

    [Test]
    public void Scope_IsKeptForLinkLocalAddressesOnly()
    {
        var addr = new EndpointAddr(Id, At("[fe80::1%3]:1"), At("[fd00::1%2]:1"), At("[fe80::1%2]:1"));
        Assert.That(
            addr.Addresses.Select(static address => (address.Address.IsIPv6LinkLocal, address.Address.ScopeId)),
            Is.EqualTo([(false, 0L), (true, 2L), (true, 3L)]));
        Assert.That(addr, Is.Not.EqualTo(new EndpointAddr(Id, At("[fe80::1%2]:1"), At("[fd00::1]:1"))));
    }

    [Test]
    public void AddressWithAScope_IsNotInTheTicket()
    {
        var ticket = new EndpointTicket(new EndpointAddr(Id, At("[fe80::1%2]:1"), At("10.0.0.1:1"))).ToString();
        Assert.That(EndpointTicket.Parse(ticket).Address.Addresses, Is.EqualTo([At("10.0.0.1:1")]));
    }

    [Test]
    public void CallersEndPoint_IsCopied()
    {
        var mine = At("10.0.0.1:1");
        var addr = new EndpointAddr(Id, mine);
        mine.Port = 2;
        Assert.That(addr.Addresses[0].Port, Is.EqualTo(1));
    }

    [TestCase("https://relay.example.org", "https://relay.example.org/")]
    [TestCase("https://relay.example.org/", "https://relay.example.org/")]
    [TestCase("HTTPS://Relay.Example.ORG:443", "https://relay.example.org/")]
    [TestCase("https://use1-1.relay.n0.iroh.link./", "https://use1-1.relay.n0.iroh.link./")]
    [TestCase("http://127.0.0.1:3340", "http://127.0.0.1:3340/")]
    [TestCase("http://[::1]:3340/relay", "http://[::1]:3340/relay")]
    [TestCase("https://relay.example.org/a b?c=d", "https://relay.example.org/a%20b?c=d")]
    [TestCase("https://bücher.example", "https://xn--bcher-kva.example/")]
    public void RelayUrl_IsNormalized(string url, string normalized)
    {
        var addr = new EndpointAddr(Id, [], [new Uri(url)]);
        Assert.That(addr.RelayUrls.Select(static relay => relay.AbsoluteUri), Is.EqualTo([normalized]));
        Assert.That(new EndpointAddr(Id, [], addr.RelayUrls), Is.EqualTo(addr));
    }

    [TestCase("")]
    [TestCase("relay.example.org")]
    [TestCase("/etc/passwd")]
    [TestCase("//relay.example.org/")]
    public void RelativeRelayUrl_IsRefusedAndNamed(string url) =>
        Assert.That(
            () => new EndpointAddr(Id, [], [new Uri(url, UriKind.RelativeOrAbsolute)]),
            Throws.TypeOf<ArgumentException>().With.Message.Contains($"\"{url}\""));

    [Test]
    public void RelayUrls_AreOrderedAndWithoutDuplicates() =>
        Assert.That(
            new EndpointAddr(Id, [], Urls("https://b/", "https://A", "https://a/", "http://c")).RelayUrls,
            Is.EqualTo(Urls("http://c/", "https://a/", "https://b/")));

    [Test]
    public void Equality_IsByValue()
    {
        var one = new EndpointAddr(Id, [At("10.0.0.1:1"), At("10.0.0.2:1")], Urls("https://a", "https://b"));
        var same = new EndpointAddr(Id, [At("10.0.0.2:1"), At("10.0.0.1:1"), At("10.0.0.1:1")], Urls("https://b/", "https://a/"));
        Assert.That(same, Is.EqualTo(one));
        Assert.That(same == one, Is.True);
        Assert.That(same.GetHashCode(), Is.EqualTo(one.GetHashCode()));

        Assert.That(new EndpointAddr(EndpointId.Parse(IrohVector.All[1].Id), [.. one.Addresses], one.RelayUrls), Is.Not.EqualTo(one));
        Assert.That(new EndpointAddr(Id, one.Addresses.Take(1), one.RelayUrls), Is.Not.EqualTo(one));
        Assert.That(new EndpointAddr(Id, [At("10.0.0.1:1"), At("10.0.0.2:2")], one.RelayUrls), Is.Not.EqualTo(one));
        Assert.That(new EndpointAddr(Id, one.Addresses, []), Is.Not.EqualTo(one));
    }

    [Test]
    public void Text_IsReadable()
    {
        Assert.That(new EndpointAddr(Id).ToString(), Is.EqualTo($"{Id}"));
        Assert.That(
            new EndpointAddr(Id, [At("[::1]:4433"), At("10.0.0.1:1")], Urls("https://relay.example.org")).ToString(),
            Is.EqualTo($"{Id} relay=https://relay.example.org/ addrs=[10.0.0.1:1, [::1]:4433]"));
    }

    private static IPEndPoint At(string text) => IPEndPoint.Parse(text);

    private static Uri[] Urls(params string[] urls) => [.. urls.Select(static url => new Uri(url))];
}
