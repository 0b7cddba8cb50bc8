using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class AddressTests
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(500);

    /// <summary>A listener answers from the address that was dialed, whichever it is: otherwise the dialer drops the answer.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task ListenerOnAllAddresses_AnswersFromTheDialedOne(CancellationToken token)
    {
        string[] hosts = Socket.OSSupportsIPv6 ? ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"] : ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
        await using var listener = await IrohEndpoint.CreateAsync(cancellationToken: token);
        listener.Listen([Endpoints.Protocol]);
        await using var dialer = await IrohEndpoint.CreateAsync(cancellationToken: token);
        foreach (var host in hosts)
        {
            var address = IPAddress.Parse(host);
            var port = listener.LocalEndPoints.Single(local => local.AddressFamily == address.AddressFamily).Port;
            var remote = new EndpointAddr(listener.Id, new IPEndPoint(address, port));
            var from = Stopwatch.GetTimestamp();
            await using var dialed = await dialer.ConnectAsync(remote, [Endpoints.Protocol], token);
            Assert.That(Stopwatch.GetElapsedTime(from), Is.LessThan(AtOnce), host);
            await using var accepted = await listener.AcceptAsync(token);
            Assert.That(PathOf(accepted).LocalEndPoint, Is.EqualTo(new IPEndPoint(address, port)));
            Assert.That(PathOf(dialed).RemoteEndPoint, Is.EqualTo(new IPEndPoint(address, port)));
            Assert.That(PathOf(dialed).LocalEndPoint, Is.EqualTo(PathOf(accepted).RemoteEndPoint));
        }
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Default_BindsBothFamiliesToOnePort(CancellationToken token)
    {
        await using var endpoint = await IrohEndpoint.CreateAsync(cancellationToken: token);
        Assert.That(endpoint.LocalEndPoint, Is.EqualTo(endpoint.LocalEndPoints[0]));
        Assert.That(endpoint.LocalEndPoint.Address, Is.EqualTo(IPAddress.Any));
        if (!Socket.OSSupportsIPv6)
            Assert.Ignore("This machine has no IPv6.");
        Assert.That(endpoint.LocalEndPoints[1], Is.EqualTo(new IPEndPoint(IPAddress.IPv6Any, endpoint.LocalEndPoint.Port)));
    }

    [Test]
    public void GivenAddressThatCannotBeBound_Throws()
    {
        var options = new IrohEndpointOptions { BindAddresses = [new(IPAddress.Loopback, 0), IPEndPoint.Parse("[2001:db8::1]:0")] };
        Assert.That(async () => await IrohEndpoint.CreateAsync(options: options), Throws.InstanceOf<SocketException>());
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task DualStackDialer_ReachesEitherFamily_AndALoopbackTicketNamesBoth(CancellationToken token)
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Ignore("This machine has no IPv6.");
        var options = new IrohEndpointOptions { BindAddresses = [new(IPAddress.Loopback, 0), new(IPAddress.IPv6Loopback, 0)] };
        await using var listener = await IrohEndpoint.CreateAsync(options: options, cancellationToken: token);
        listener.Listen([Endpoints.Protocol]);
        Assert.That(listener.Ticket.Address.Addresses, Is.EqualTo(listener.LocalEndPoints));
        await using var dialer = await IrohEndpoint.CreateAsync(options: options, cancellationToken: token);
        foreach (var address in listener.LocalEndPoints)
        {
            await using var dialed = await dialer.ConnectAsync(new EndpointAddr(listener.Id, address), [Endpoints.Protocol], token);
            Assert.That(PathOf(dialed).RemoteEndPoint, Is.EqualTo(address));
            await using var accepted = await listener.AcceptAsync(token);
            await EchoAsync(dialed, accepted, token);
        }

        await using var both = await dialer.ConnectAsync(listener.Address, [Endpoints.Protocol], token);
        await using var one = await listener.AcceptAsync(token);
        await EchoAsync(both, one, token);
        Assert.That(dialer.Loop.ConnectionCount, Is.EqualTo(1));
    }

    /// <summary>The ticket of an endpoint without restrictions names no loopback address.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task LoopbackDialer_ReachesTheOtherAddressesOfItsMachine(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await using var listener = await IrohEndpoint.CreateAsync(cancellationToken: token);
        listener.Listen([Endpoints.Protocol]);
        await using var dialed = await endpoints.Dialer.ConnectAsync(listener.Address, [Endpoints.Protocol], token);
        await using var accepted = await listener.AcceptAsync(token);
        await EchoAsync(dialed, accepted, token);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task MappedIPv4Address_IsDialedAsIPv4(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var mapped = new IPEndPoint(IPAddress.Loopback.MapToIPv6(), endpoints.Listener.LocalEndPoint.Port);
        await using var dialed = await endpoints.Dialer.ConnectAsync(
            new EndpointAddr(endpoints.Listener.Id, mapped), [Endpoints.Protocol], token);
        Assert.That(PathOf(dialed).RemoteEndPoint, Is.EqualTo(endpoints.Listener.LocalEndPoint));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task LinkLocalAddress_IsReachedThroughItsInterface(CancellationToken token)
    {
        var own = NetworkInterface.GetAllNetworkInterfaces()
            .Where(static card => card.OperationalStatus == OperationalStatus.Up)
            .SelectMany(static card => card.GetIPProperties().UnicastAddresses)
            .FirstOrDefault(static unicast => unicast.Address.IsIPv6LinkLocal)?.Address;
        if (own is null)
            Assert.Ignore("This machine has no IPv6 link-local address.");
        await using var listener = await IrohEndpoint.CreateAsync(cancellationToken: token);
        listener.Listen([Endpoints.Protocol]);
        Assert.That(listener.Address.Addresses.Where(static address => address.Address.IsIPv6LinkLocal), Is.Empty);
        await using var dialer = await IrohEndpoint.CreateAsync(cancellationToken: token);
        var address = new IPEndPoint(own!, listener.LocalEndPoints[1].Port);
        await using var dialed = await dialer.ConnectAsync(new EndpointAddr(listener.Id, address), [Endpoints.Protocol], token);
        await using var accepted = await listener.AcceptAsync(token);
        Assert.That(PathOf(dialed).RemoteEndPoint, Is.EqualTo(address));
        Assert.That(PathOf(accepted).LocalEndPoint, Is.EqualTo(address));
        await EchoAsync(dialed, accepted, token);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task AddressesThatNoSocketReaches_AreNamedInTheError(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var remote = new EndpointAddr(endpoints.Listener.Id, IPEndPoint.Parse("[2001:db8::1]:4"), IPEndPoint.Parse("[2001:db8::2]:4"));
        var failure = await Assert.ThrowsAsync<MoqConnectException>(
            async () => await endpoints.Dialer.ConnectAsync(remote, [Endpoints.Protocol], token));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.NoAddress));
        Assert.That(
            failure.Message, Does.Contain("[2001:db8::1]:4").And.Contain("[2001:db8::2]:4").And.Contain(
                endpoints.Dialer.LocalEndPoint.ToString()));
    }

    /// <summary>Dead addresses are dialed together with the one that answers, so they cost no time: measured in turn in one run.</summary>
    [Test]
    [CancelAfter(30_000)]
    public async Task DeadAddresses_CostNothing(CancellationToken token)
    {
        const int dead = 7, rounds = 11;
        await using var endpoints = await Endpoints.CreateAsync();
        var live = endpoints.Listener.LocalEndPoint;
        // Sockets that nobody reads, as hosts that drop what arrives.
        var silent = Enumerable.Range(0, dead).Select(static _ => new UdpClient(new IPEndPoint(IPAddress.Loopback, 0))).ToArray();
        IPEndPoint[] all = [live, .. silent.Select(static socket => (IPEndPoint)socket.Client.LocalEndPoint!)];
        var (alone, among) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var round = 0; round < rounds; round++)
        {
            alone.Add(await ConnectAsync(endpoints, new EndpointAddr(endpoints.Listener.Id, live), token));
            among.Add(await ConnectAsync(endpoints, new EndpointAddr(endpoints.Listener.Id, all), token));
        }

        foreach (var socket in silent)
            socket.Dispose();
        Assert.That(Median(among), Is.LessThan((1.5 * Median(alone)) + TimeSpan.FromMilliseconds(50)), $"alone: {Median(alone)}");
    }

    /// <summary>Two addresses of one endpoint answer at the same time: the peer sees one connection.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task SeveralAddressesThatAnswer_AreOneConnection(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(
            static options => options with { BindAddresses = [.. Enumerable.Range(1, 4).Select(i => IPEndPoint.Parse($"127.0.0.{i}:0"))] });
        for (var round = 0; round < 10; round++)
        {
            var accepting = endpoints.Listener.AcceptAsync(token).AsTask();
            await using var dialed = await endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token);
            await using var accepted = await accepting;
            Assert.That((endpoints.Dialer.Loop.ConnectionCount, endpoints.Listener.Loop.ConnectionCount), Is.EqualTo((1, 1)));
            await EchoAsync(dialed, accepted, token);
        }
    }

    /// <summary>The endpoint that answers first holds another key: the peer is found at its other address, whoever answers first.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task AnotherEndpointAtOneAddress_DoesNotHideThePeerAtTheOther(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await using var other = await Endpoints.CreateAsync();
        for (var round = 0; round < 20; round++)
        {
            IPEndPoint[] addresses = [other.Listener.LocalEndPoint, endpoints.Listener.LocalEndPoint];
            await using var dialed = await endpoints.Dialer.ConnectAsync(
                new EndpointAddr(endpoints.Listener.Id, addresses), [Endpoints.Protocol], token);
            Assert.That(PathOf(dialed).RemoteEndPoint, Is.EqualTo(endpoints.Listener.LocalEndPoint));
            await (await endpoints.Listener.AcceptAsync(token)).DisposeAsync();
        }
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task AddressesThatComeDuringADial_JoinIt(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var dead = new EndpointAddr(endpoints.Listener.Id, (IPEndPoint)silent.Client.LocalEndPoint!);
        Assert.That(endpoints.Dialer.TryAddAddresses(endpoints.Listener.Address), Is.False, "no dial is in progress");

        var dialing = endpoints.Dialer.ConnectAsync(dead, [Endpoints.Protocol], token).AsTask();
        Assert.That((await silent.ReceiveAsync(token)).Buffer, Has.Length.GreaterThanOrEqualTo(1200));
        var from = Stopwatch.GetTimestamp();
        Assert.That(endpoints.Dialer.TryAddAddresses(endpoints.Listener.Address), Is.True);
        await using var dialed = await dialing;
        Assert.That(Stopwatch.GetElapsedTime(from), Is.LessThan(AtOnce), "the first flight is sent to the new address at once");
        Assert.That(PathOf(dialed).RemoteEndPoint, Is.EqualTo(endpoints.Listener.LocalEndPoint));
        Assert.That(endpoints.Dialer.Loop.ConnectionCount, Is.EqualTo(1));
        Assert.That(endpoints.Dialer.TryAddAddresses(endpoints.Listener.Address), Is.False, "the dial is over");
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task AddressThatJoinedShortlyBeforeTheTimeout_IsDialedAgain(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(
            static options => options with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var relay = new Relay(endpoints.Listener.LocalEndPoint);
        relay.Cut();
        var dead = new EndpointAddr(endpoints.Listener.Id, (IPEndPoint)silent.Client.LocalEndPoint!);
        var dialing = endpoints.Dialer.ConnectAsync(dead, [Endpoints.Protocol], token).AsTask();
        await silent.ReceiveAsync(token);
        Assert.That(endpoints.Dialer.TryAddAddresses(new EndpointAddr(endpoints.Listener.Id, relay.Address)), Is.True);
        while (relay.ToListener == 0)
        {
            token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        relay.Mend();
        // The first flight was lost. Either its repetition arrives in time, or the address is dialed again after the timeout.
        await using var dialed = await dialing;
        Assert.That(PathOf(dialed).RemoteEndPoint, Is.EqualTo(relay.Address));
    }

    private static async Task<TimeSpan> ConnectAsync(Endpoints endpoints, EndpointAddr remote, CancellationToken token)
    {
        var from = Stopwatch.GetTimestamp();
        await using var dialed = await endpoints.Dialer.ConnectAsync(remote, [Endpoints.Protocol], token);
        var time = Stopwatch.GetElapsedTime(from);
        await (await endpoints.Listener.AcceptAsync(token)).DisposeAsync();
        return time;
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    private static ConnectionPath PathOf(ITransportConnection connection) => ((IPathAwareConnection)connection).CurrentPath;

    private static async Task EchoAsync(ITransportConnection dialed, ITransportConnection accepted, CancellationToken token)
    {
        var stream = await dialed.OpenBidiAsync(token);
        await stream.Send.WriteAsync(new byte[] { 42 }, token);
        var peer = await accepted.AcceptBidiAsync(token);
        var buffer = new byte[1];
        Assert.That(await peer.Receive.ReadAsync(buffer, token), Is.EqualTo(1));
        await peer.Send.WriteAsync(buffer, token);
        buffer[0] = 0;
        Assert.That(await stream.Receive.ReadAsync(buffer, token), Is.EqualTo(1));
        Assert.That(buffer[0], Is.EqualTo(42));
    }
}
