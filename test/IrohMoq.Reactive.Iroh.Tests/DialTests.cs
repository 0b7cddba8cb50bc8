using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive.Transport;

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
    public async Task AnotherKeyAtTheAddress_IsWrongPeer(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var other = new EndpointAddr(SecretKey.Generate().Id, endpoints.Listener.LocalEndPoint);
        await FailsAsync(endpoints.Dialer.ConnectAsync(other, [Endpoints.Protocol], token).AsTask(), ConnectError.WrongPeer);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task NoProtocolInCommon_IsNoCommonProtocol(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(
            endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, ["unknown"], token).AsTask(), ConnectError.NoCommonProtocol);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task EndpointThatDoesNotListen_IsNotServing(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(
            endpoints.Listener.ConnectAsync(endpoints.Dialer.Address, [Endpoints.Protocol], token).AsTask(), ConnectError.NotServing);
        endpoints.Listener.Listen([]);
        await FailsAsync(
            endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token).AsTask(), ConnectError.NotServing);
    }

    [TestCase(true)]
    [TestCase(false)]
    [CancelAfter(10_000)]
    public async Task OfSeveralAddresses_OneThatMaySucceedLaterDecides(bool isWrongPeerFirst, CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await using var target = await IrohEndpoint.CreateAsync(
            options: new() { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) }, cancellationToken: token);
        var (wrong, right) = (endpoints.Listener.LocalEndPoint, target.LocalEndPoint);
        var remote = new EndpointAddr(target.Id, isWrongPeerFirst ? [wrong, right] : [right, wrong]);
        await FailsAsync(endpoints.Dialer.ConnectAsync(remote, [Endpoints.Protocol], token).AsTask(), ConnectError.NotServing);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task EndpointWithTooManyUnacceptedConnections_IsBusy(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(options => options with { MaxUnaccepted = 1 });
        await endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token);
        await FailsAsync(
            endpoints.Dialer.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token).AsTask(), ConnectError.Busy);
        await endpoints.Listener.AcceptAsync(token);
        await endpoints.ConnectAsync(token);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task EndpointWithTooManyConnections_IsBusy(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(options => options with { MaxConnections = 1 });
        await using var other = await IrohEndpoint.CreateAsync(cancellationToken: token);
        await endpoints.ConnectAsync(token);
        await FailsAsync(other.ConnectAsync(endpoints.Listener.Address, [Endpoints.Protocol], token).AsTask(), ConnectError.Busy);
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task ConnectionOfACanceledDial_IsDisposed(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        var (dialed, accepted) = await endpoints.ConnectAsync(token);
        var stream = await accepted.OpenUniAsync(token);
        await stream.WriteAsync(new byte[10_000], token);
        stream.Finish();
        await stream.Closed.WaitAsync(token);
        accepted.Close(1, "");
        await dialed.Closed.WaitAsync(token);
        Assert.That(endpoints.Dialer.Loop.Settings.Budget.Used, Is.GreaterThan(0), "the unread bytes are counted");

        var establishing = ((QuicConnection)dialed).Establishment.WaitAsync(new CancellationToken(canceled: true));
        Assert.That(async () => await establishing, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(endpoints.Dialer.Loop.Settings.Budget.Used, Is.Zero);
    }

    [TestCase(ConnectError.Other, true)]
    [TestCase(ConnectError.TimedOut, true)]
    [TestCase(ConnectError.TooManySessions, true)]
    [TestCase(ConnectError.Busy, true)]
    [TestCase(ConnectError.NotServing, true)]
    [TestCase(ConnectError.WrongPeer, false)]
    [TestCase(ConnectError.NoCommonProtocol, false)]
    [TestCase(ConnectError.Refused, false)]
    [TestCase(ConnectError.SelfConnect, false)]
    [TestCase(ConnectError.NoAddress, false)]
    [TestCase(ConnectError.VersionMismatch, false)]
    [TestCase(ConnectError.HandshakeFailed, false)]
    public void Transience_IsPinned(ConnectError reason, bool isTransient) =>
        Assert.That(new MoqConnectException(reason, "").IsTransient, Is.EqualTo(isTransient));

    [TestCase(TransportEndCause.TransportError, 2UL, "", ConnectError.Busy)]
    [TestCase(TransportEndCause.TransportError, 2UL, "not serving", ConnectError.NotServing)]
    [TestCase(TransportEndCause.TransportError, 2UL, "busy", ConnectError.Busy)]
    [TestCase(TransportEndCause.TransportError, 2UL, "rejected", ConnectError.Refused)]
    [TestCase(TransportEndCause.TransportError, 0x178UL, "", ConnectError.NoCommonProtocol)]
    [TestCase(TransportEndCause.TransportError, 0x100UL, "", ConnectError.HandshakeFailed)]
    [TestCase(TransportEndCause.TransportError, 0x12aUL, "", ConnectError.HandshakeFailed)]
    [TestCase(TransportEndCause.TransportError, 0x130UL, "", ConnectError.HandshakeFailed)]
    [TestCase(TransportEndCause.TransportError, 0x150UL, "", ConnectError.Other)]
    [TestCase(TransportEndCause.TransportError, 0x1ffUL, "", ConnectError.HandshakeFailed)]
    [TestCase(TransportEndCause.TransportError, 0UL, "", ConnectError.NotServing)]
    [TestCase(TransportEndCause.TransportError, 0x0cUL, "", ConnectError.NotServing)]
    [TestCase(TransportEndCause.TransportError, 1UL, "", ConnectError.Other)]
    [TestCase(TransportEndCause.TransportError, 0x0aUL, "", ConnectError.Other)]
    [TestCase(TransportEndCause.TransportError, 0x0bUL, "", ConnectError.Other)]
    [TestCase(TransportEndCause.VersionMismatch, 0UL, "", ConnectError.VersionMismatch)]
    [TestCase(TransportEndCause.VersionMismatch, 0x11UL, "", ConnectError.VersionMismatch)]
    [TestCase(TransportEndCause.NoViablePath, 0x10UL, "", ConnectError.Other)]
    [TestCase(TransportEndCause.AeadLimitReached, 0x0fUL, "", ConnectError.Other)]
    [TestCase(TransportEndCause.ClosedByApplication, 0UL, "", ConnectError.NotServing)]
    [TestCase(TransportEndCause.ClosedByApplication, 4UL, "", ConnectError.Busy)]
    [TestCase(TransportEndCause.ClosedByApplication, 6UL, "", ConnectError.Refused)]
    [TestCase(TransportEndCause.TimedOut, 0UL, "", ConnectError.TimedOut)]
    [TestCase(TransportEndCause.Reset, 0UL, "", ConnectError.Other)]
    public void EndOfAHandshake_HasItsReason(TransportEndCause cause, ulong code, string text, ConnectError reason)
    {
        var end = new TransportEnd(cause, code, text, IsRemote: true);
        var remote = new IPEndPoint(IPAddress.Loopback, 1);
        Assert.That(ConnectErrors.From(end, isWrongPeer: false, remote, [remote], TimeSpan.FromSeconds(1)).Error, Is.EqualTo(reason));
    }

    [Test]
    [CancelAfter(5_000)]
    public async Task OwnIdAndMissingAddress_FailAtOnce(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await FailsAsync(
            endpoints.Dialer.ConnectAsync(endpoints.Dialer.Address, [Endpoints.Protocol], token).AsTask(), ConnectError.SelfConnect);
        await FailsAsync(
            endpoints.Dialer.ConnectAsync(new EndpointAddr(endpoints.Listener.Id), [Endpoints.Protocol], token).AsTask(),
            ConnectError.NoAddress);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task DeadPort_TimesOut(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync(options => options with { HandshakeTimeout = TimeSpan.FromSeconds(1) });
        var dead = new EndpointAddr(SecretKey.Generate().Id, new IPEndPoint(IPAddress.Loopback, 9));
        await FailsAsync(endpoints.Dialer.ConnectAsync(dead, [Endpoints.Protocol], token).AsTask(), ConnectError.TimedOut);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task CanceledDial_EndsAtOnce(CancellationToken token)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(token);
        var dead = new EndpointAddr(SecretKey.Generate().Id, new IPEndPoint(IPAddress.Loopback, 9));
        var dialing = endpoints.Dialer.ConnectAsync(dead, [Endpoints.Protocol], giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        Assert.That(async () => await dialing, Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>A peer that has never answered would not miss the close, so that the endpoint does not wait to answer it again.</summary>
    [Test]
    [CancelAfter(10_000)]
    public async Task EndpointWhoseDialWasNeverAnswered_IsDisposedAtOnce(CancellationToken token)
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var endpoint = await IrohEndpoint.CreateAsync(
            options: new() { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) }, cancellationToken: token);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(token);
        var address = new EndpointAddr(SecretKey.Generate().Id, (IPEndPoint)silent.Client.LocalEndPoint!);
        var dialing = endpoint.ConnectAsync(address, [Endpoints.Protocol], giveUp.Token).AsTask();
        await silent.ReceiveAsync(token);
        await giveUp.CancelAsync();
        Assert.That(async () => await dialing, Throws.InstanceOf<OperationCanceledException>());
        var began = Stopwatch.GetTimestamp();
        await endpoint.DisposeAsync();
        // The closing period would be three seconds.
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(TimeSpan.FromSeconds(1.5)));
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
