using System.Net;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class DialTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task BothSides_SeeTheOthersIdAndTheProtocol(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        Assert.That(dialed.RemoteId.ToArray(), Is.EqualTo(endpoints.Listener.Id.ToArray()));
        Assert.That(accepted.RemoteId.ToArray(), Is.EqualTo(endpoints.Dialer.Id.ToArray()));
        Assert.That((dialed.Protocol, accepted.Protocol), Is.EqualTo((Endpoints.Protocol, Endpoints.Protocol)));
        Assert.That((dialed.IsOutbound, accepted.IsOutbound), Is.EqualTo((true, false)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task TheListenersOrder_ChoosesTheProtocol(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        endpoints.Listener.Listen(["b", "a"]);
        var connection = await endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, ["x", "a", "b"], token);
        Assert.That(connection.Protocol, Is.EqualTo("b"));
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task AnotherKeyAtTheAddress_IsToldApart(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var other = new EndpointAddr(SecretKey.Generate().Id, endpoints.Listener.LocalEndPoint);
        await FailsAsync(endpoints.Dialer.ConnectAsync(other, [Endpoints.Protocol], token).AsTask(), ConnectError.WrongPeer);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task NoProtocolInCommon_IsToldApart(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, ["unknown"], token).AsTask(), ConnectError.NoCommonProtocol);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task AnEndpointThatDoesNotListen_Refuses(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(endpoints.Listener.ConnectAsync(endpoints.Dialer.Address, [Endpoints.Protocol], token).AsTask(), ConnectError.Refused);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task OwnId_AndNoAddress_FailAtOnce(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(endpoints.Dialer.ConnectAsync(endpoints.Dialer.Address, [Endpoints.Protocol], token).AsTask(), ConnectError.SelfConnect);
        await FailsAsync(endpoints.Dialer.ConnectAsync(new EndpointAddr(endpoints.Listener.Id), [Endpoints.Protocol], token).AsTask(), ConnectError.NoAddress);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task ADeadPort_TimesOut(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(options => options with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        var dead = new EndpointAddr(SecretKey.Generate().Id, new IPEndPoint(IPAddress.Loopback, 9));
        await FailsAsync(endpoints.Dialer.ConnectAsync(dead, [Endpoints.Protocol], token).AsTask(), ConnectError.TimedOut);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task ADialThatIsGivenUp_EndsAtOnce(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(token);
        var dead = new EndpointAddr(SecretKey.Generate().Id, new IPEndPoint(IPAddress.Loopback, 9));
        var dialing = endpoints.Dialer.ConnectAsync(dead, [Endpoints.Protocol], giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        Assert.That(async () => await dialing, Throws.InstanceOf<OperationCanceledException>());
    }

    private static async Task FailsAsync(Task dialing, ConnectError reason)
    {
        try
        {
            await dialing;
            Assert.Fail("The dial succeeded.");
        }
        catch (MoqConnectException failure)
        {
            Assert.That(failure.Error, Is.EqualTo(reason), failure.Message);
        }
    }
}
