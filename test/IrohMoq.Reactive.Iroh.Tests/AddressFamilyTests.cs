using System.Net;
using System.Net.Sockets;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class AddressFamilyTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task OverIpv6_TwoPeersMeetByTicket(CancellationToken token)
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Ignore("This machine has no IPv6.");
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.IPv6Loopback, 0) };
        await using var listener = await IrohEndpoint.CreateAsync(options: options, cancellationToken: token);
        listener.Listen([Endpoints.Protocol]);
        await using var dialer = await IrohEndpoint.CreateAsync(options: options, cancellationToken: token);
        var ticket = EndpointTicket.Parse(listener.Ticket.ToString());
        Assert.That(ticket.Address.Addresses.Single(), Is.EqualTo(listener.LocalEndPoint));

        var accepting = listener.AcceptAsync(token).AsTask();
        var dialed = await dialer.ConnectAsync(ticket.Address, [Endpoints.Protocol], token);
        var accepted = await accepting;
        Assert.That(accepted.RemoteId.ToArray(), Is.EqualTo(dialer.Id.ToArray()));
        var stream = await dialed.OpenUniAsync(token);
        await stream.WriteAsync(new byte[] { 6 }, token);
        var buffer = new byte[1];
        Assert.That(await (await accepted.AcceptUniAsync(token)).ReadAsync(buffer, token), Is.EqualTo(1));
        Assert.That(buffer[0], Is.EqualTo(6));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task AddressOfTheOtherFamily_IsNoAddress(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var address = new EndpointAddr(
            endpoints.Listener.Id, new IPEndPoint(IPAddress.IPv6Loopback, endpoints.Listener.LocalEndPoint.Port));
        var failure = await Assert.ThrowsAsync<MoqConnectException>(
            async () => await endpoints.Dialer.ConnectAsync(address, [Endpoints.Protocol], token));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.NoAddress));
    }
}
