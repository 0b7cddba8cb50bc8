namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A peer whose key proves nothing is refused, although its signature is valid.</summary>
[Parallelizable(ParallelScope.All)]
public class WeakPeerTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task DialOfAWeakPeer_FailsForGood(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        WeakCredentials.Apply(endpoints.Listener);
        var weak = new EndpointAddr(EndpointId.FromBytes(WeakCredentials.Key), endpoints.Listener.LocalEndPoint);
        var failure = await FailureAsync(endpoints.Dialer, weak, token);
        Assert.That(
            (failure.Error, failure.IsTransient, failure.IsRemote), Is.EqualTo((ConnectError.HandshakeFailed, false, false)),
            failure.Message);
        Assert.That(failure.Message, Does.Contain("the key of the peer is weak").And.Contain("TLS alert 42"));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task WeakPeerAtTheAddressOfAnother_IsTheWrongPeer(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var address = endpoints.Listener.Address;
        WeakCredentials.Apply(endpoints.Listener);
        Assert.That((await FailureAsync(endpoints.Dialer, address, token)).Error, Is.EqualTo(ConnectError.WrongPeer));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task WeakPeerThatDials_IsRefused_AndNotAccepted(CancellationToken token)
    {
        var log = new LogRecorder("ConnectionOver");
        await using var endpoints = await Endpoints.CreateAsync(options => options with { LoggerFactory = log });
        await using var weak = await IrohEndpoint.CreateAsync(
            options: new() { BindAddress = new(System.Net.IPAddress.Loopback, 0) }, cancellationToken: token);
        WeakCredentials.Apply(weak);
        var failure = await FailureAsync(weak, endpoints.Listener.Address, token);
        Assert.That(
            (failure.Error, failure.IsTransient, failure.IsRemote), Is.EqualTo((ConnectError.HandshakeFailed, false, true)),
            failure.Message);
        Assert.That((await log.First.WaitAsync(token)).Text, Does.Contain("the key of the peer is weak"));

        // The next connection that is accepted is that of an honest peer.
        var (_, accepted) = await endpoints.ConnectAsync(token);
        Assert.That(accepted.RemoteId.ToArray(), Is.EqualTo(endpoints.Dialer.Id.ToArray()));
    }

    private static async Task<MoqConnectException> FailureAsync(IrohEndpoint dialer, EndpointAddr remote, CancellationToken token)
    {
        var dialing = dialer.ConnectAsync(remote, [Endpoints.Protocol], token).AsTask();
        return (await Assert.ThrowsAsync<MoqConnectException>(async () => await dialing))!;
    }
}
