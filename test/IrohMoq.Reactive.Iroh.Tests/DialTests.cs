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
        var (dialled, accepted) = await endpoints.ConnectAsync(token);
        Assert.That(dialled.RemoteId.ToArray(), Is.EqualTo(endpoints.Listener.Id.ToArray()));
        Assert.That(accepted.RemoteId.ToArray(), Is.EqualTo(endpoints.Dialler.Id.ToArray()));
        Assert.That((dialled.Protocol, accepted.Protocol), Is.EqualTo((Endpoints.Protocol, Endpoints.Protocol)));
        Assert.That((dialled.IsDialler, accepted.IsDialler), Is.EqualTo((true, false)));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task TheListenersOrder_ChoosesTheProtocol(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        endpoints.Listener.Listen(["b", "a"]);
        var connection = await endpoints.Dialler.ConnectAsync(endpoints.Listener.Address, ["x", "a", "b"], token);
        Assert.That(connection.Protocol, Is.EqualTo("b"));
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task AnotherKeyAtTheAddress_IsToldApart(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var other = new EndpointAddr(SecretKey.Generate().Id, endpoints.Listener.LocalEndPoint);
        await FailsAsync(endpoints.Dialler.ConnectAsync(other, [Endpoints.Protocol], token).AsTask(), ConnectFailure.WrongPeer);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task NoProtocolInCommon_IsToldApart(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(endpoints.Dialler.ConnectAsync(endpoints.Listener.Address, ["unknown"], token).AsTask(), ConnectFailure.NoCommonProtocol);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task AnEndpointThatDoesNotListen_Refuses(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(endpoints.Listener.ConnectAsync(endpoints.Dialler.Address, [Endpoints.Protocol], token).AsTask(), ConnectFailure.Refused);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task OwnId_AndNoAddress_FailAtOnce(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(endpoints.Dialler.ConnectAsync(endpoints.Dialler.Address, [Endpoints.Protocol], token).AsTask(), ConnectFailure.SelfConnect);
        await FailsAsync(endpoints.Dialler.ConnectAsync(new EndpointAddr(endpoints.Listener.Id), [Endpoints.Protocol], token).AsTask(), ConnectFailure.NoAddress);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task ADeadPort_TimesOut(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(options => options with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        var dead = new EndpointAddr(SecretKey.Generate().Id, new IPEndPoint(IPAddress.Loopback, 9));
        await FailsAsync(endpoints.Dialler.ConnectAsync(dead, [Endpoints.Protocol], token).AsTask(), ConnectFailure.TimedOut);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task ADialThatIsGivenUp_EndsAtOnce(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(token);
        var dead = new EndpointAddr(SecretKey.Generate().Id, new IPEndPoint(IPAddress.Loopback, 9));
        var dialling = endpoints.Dialler.ConnectAsync(dead, [Endpoints.Protocol], giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        Assert.That(async () => await dialling, Throws.InstanceOf<OperationCanceledException>());
    }

    private static async Task FailsAsync(Task dialling, ConnectFailure reason)
    {
        try
        {
            await dialling;
            Assert.Fail("The dial succeeded.");
        }
        catch (MoqConnectException failure)
        {
            Assert.That(failure.Reason, Is.EqualTo(reason), failure.Message);
        }
    }
}
