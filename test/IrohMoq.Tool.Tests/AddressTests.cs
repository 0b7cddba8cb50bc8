using System.Net;
using IrohMoq.Reactive;
using IrohMoq.Tool.Commands;

namespace IrohMoq.Tool.Tests;

/// <summary>Tickets, ids and addresses as people pass them on.</summary>
public class AddressTests
{
    private static readonly EndpointAddr Address = new(SecretKey.Generate().Id, new IPEndPoint(IPAddress.Loopback, 4433));
    private static readonly string Ticket = new EndpointTicket(Address).ToString();

    [TestCase("{0}")]
    [TestCase(" {0}\r\n")]
    [TestCase("\uFEFF{0}\u00A0")]
    public void WhiteSpaceAroundATicket_IsTaken(string form) =>
        Assert.That(Addresses.ParseTicket(string.Format(null, form, Ticket)), Is.EqualTo(Address));

    [Test]
    public void TicketInUpperCase_IsTaken() => Assert.That(Addresses.ParseTicket(Ticket.ToUpperInvariant()), Is.EqualTo(Address));

    [TestCase("\"{0}\"", "quotation mark at character 1")]
    [TestCase("ticket     {0}", "blank inside")]
    [TestCase("{0}\n{0}", "line break inside")]
    [TestCase("", "is empty")]
    [TestCase("nodeadqk", "a node ticket")]
    [TestCase("blobadqk", "a blob ticket")]
    [TestCase("docadqk", "a document ticket")]
    [TestCase("authoradqk", "an author ticket")]
    public void WhatIsWrongWithATicket_IsNamed(string form, string words) =>
        Assert.That(
            () => Addresses.ParseTicket(string.Format(null, form, Ticket)),
            Throws.InstanceOf<UsageException>().With.Message.Contains(words));

    [Test]
    public void IdInsteadOfATicket_IsNamed() => Assert.That(
        () => Addresses.ParseTicket($"{Address.Id}"), Throws.InstanceOf<UsageException>().With.Message.Contains("--id ID --addr"));

    [Test]
    public void Id_IsTakenWithWhiteSpaceAndInUpperCase() =>
        Assert.That(Addresses.ParseId("--id", $" {Address.Id.ToString().ToUpperInvariant()}\r"), Is.EqualTo(Address.Id));

    [TestCase("127.0.0.1:4433", "127.0.0.1:4433")]
    [TestCase(" [::1]:4433 ", "[::1]:4433")]
    [TestCase("[fe80::1%3]:4433", "[fe80::1%3]:4433")]
    [TestCase("0.0.0.0:0", "0.0.0.0:0")]
    public void IpAddress_IsParsed(string text, string expected) =>
        Assert.That(Addresses.ParseIp("--bind", text).ToString(), Is.EqualTo(expected));

    [Test]
    public void InterfaceThatDoesNotExist_IsNamed()
    {
        const string Address = "[fe80::1%nosuch0]:4433";
        Assert.That(
            () => Addresses.ParseIp("--bind", Address),
            Throws.InstanceOf<UsageException>().With.Message.EqualTo("--bind: this machine has no interface 'nosuch0'"));
        Assert.That(
            () => Addresses.ParseHost("--addr", Address),
            Throws.InstanceOf<UsageException>().With.Message.EqualTo("--addr: this machine has no interface 'nosuch0'"));
        Assert.That(Addresses.ParseIp("--bind", "[fe80::1%lo]:4433").Address.ScopeId, Is.GreaterThan(0));
    }

    [TestCase("::1:0")]
    [TestCase("1")]
    [TestCase("127.0.0.1")]
    [TestCase("127.0.0.1:65536")]
    [TestCase("[::1]")]
    [TestCase("localhost:1")]
    public void AnythingElse_IsRefused(string text) =>
        Assert.That(() => Addresses.ParseIp("--bind", text), Throws.InstanceOf<UsageException>());

    [Test]
    public async Task Host_IsResolvedToAllItsAddresses()
    {
        var (host, port) = Addresses.ParseHost("--addr", "localhost:4433");
        var addresses = await Addresses.ResolveAsync("--addr", host, port, CancellationToken.None);
        Assert.That(addresses, Is.Not.Empty);
        Assert.That(addresses, Has.All.Matches<IPEndPoint>(static one => IPAddress.IsLoopback(one!.Address) && one.Port == 4433));
    }
}
