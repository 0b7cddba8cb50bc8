using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>Which dials fail and how, and that a refused peer affects no other.</summary>
[CancelAfter(30_000)]
public sealed class DialTests
{
    private const string Protocol = "test-1";

    [SetUp]
    public void SkipWithoutQuic() => Machine.SkipWithoutQuic();

    /// <summary>A server that holds no key of a peer: certificates of the web prove no ID.</summary>
    [Test]
    public async Task ServerWithoutAnId_IsHandshakeFailed(CancellationToken ct)
    {
        using var certificate = WebCertificate();
        await using var listener = await ListenAsync(certificate);
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        var address = new EndpointAddr(SecretKey.Generate().Id, listener.LocalEndPoint);
        var failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await dialer.ConnectAsync(address, [Protocol], ct));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.HandshakeFailed));
        Assert.That(failure.Message, Does.Contain("no extension with a peer key"));
    }

    /// <summary>
    /// Clients that prove no ID are refused, each in the way of System.Net.Quic: the dial succeeds, and the connection then ends. The
    /// listener accepts the next peer.
    /// </summary>
    [Test]
    public async Task ClientsWithoutAnId_AreRefused_AndTheListenerGoesOn(CancellationToken ct)
    {
        await using var listener = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        listener.Listen([Protocol]);
        using var web = WebCertificate();
        foreach (var certificate in new[] { null, web })
        {
            var refused = await RefusalOfAsync(listener.LocalEndPoint, certificate, ct);
            Assert.That(refused.Cause, Is.EqualTo(TransportEndCause.TransportError));
            Assert.That(refused.IsRemote, Is.True);
        }

        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        var accepting = listener.AcceptAsync(ct);
        await using var dialed = await dialer.ConnectAsync(listener.Address, [Protocol], ct);
        await using var accepted = await accepting;
        Assert.That(accepted.RemoteId.ToArray(), Is.EqualTo(dialer.Id.ToArray()));
    }

    /// <summary>System.Net.Quic ends a canceled dial three seconds later.</summary>
    [Test]
    public async Task CanceledDialOfASilentHost_EndsAtOnce(CancellationToken ct)
    {
        using var silent = Silent();
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        using var giveUp = new CancellationTokenSource();
        var dial = dialer.ConnectAsync(AddressOf(silent), [Protocol], giveUp.Token).AsTask();
        await silent.ReceiveAsync(new byte[2000], ct);
        var before = dialer.Runtime.GetTimestamp();
        await giveUp.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(async () => await dial);
        Assert.That(dialer.Runtime.GetElapsedTime(before), Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public async Task SilentHost_TimesOut_AfterTheHandshakeTimeout(CancellationToken ct)
    {
        using var silent = Silent();
        var options = Machine.Loopback with { HandshakeTimeout = TimeSpan.FromSeconds(1) };
        await using var dialer = await QuicEndpoint.CreateAsync(options: options, cancellationToken: ct);
        var before = dialer.Runtime.GetTimestamp();
        var failure = await Assert.ThrowsAsync<MoqConnectException>(
            async () => await dialer.ConnectAsync(AddressOf(silent), [Protocol], ct));
        Assert.That((failure!.Error, failure.IsTransient), Is.EqualTo((ConnectError.TimedOut, true)));
        Assert.That(dialer.Runtime.GetElapsedTime(before), Is.LessThan(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public async Task OneSilentAddress_DoesNotDelayTheOther(CancellationToken ct)
    {
        using var silent = Silent();
        await using var listener = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        listener.Listen([Protocol]);
        var accepting = listener.AcceptAsync(ct);
        var both = new EndpointAddr(listener.Id, (IPEndPoint)silent.LocalEndPoint!, listener.LocalEndPoint);
        await using var dialed = await dialer.ConnectAsync(both, [Protocol], ct);
        await using var accepted = await accepting;
        Assert.That(dialed.RemoteId.ToArray(), Is.EqualTo(listener.Id.ToArray()));
    }

    /// <summary>Another peer has one of the addresses by now.</summary>
    [Test]
    public async Task OneAddressOfAnotherPeer_DoesNotFailTheDial(CancellationToken ct)
    {
        await using var other = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        await using var listener = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        other.Listen([Protocol]);
        listener.Listen([Protocol]);
        var accepting = listener.AcceptAsync(ct);
        var both = new EndpointAddr(listener.Id, other.LocalEndPoint, listener.LocalEndPoint);
        await using var dialed = await dialer.ConnectAsync(both, [Protocol], ct);
        await using var accepted = await accepting;
        Assert.That(dialed.RemoteId.ToArray(), Is.EqualTo(listener.Id.ToArray()));
    }

    /// <summary>The dial begins before the peer has started.</summary>
    [Test]
    public async Task PeerThatStartsDuringTheDial_IsReached(CancellationToken ct)
    {
        var key = SecretKey.Generate();
        var first = await QuicEndpoint.CreateAsync(key, Machine.Loopback, ct);
        var address = first.Address;
        await first.DisposeAsync();
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        var dialing = dialer.ConnectAsync(address, [Protocol], ct);
        await using var second = await QuicEndpoint.CreateAsync(key, Machine.Loopback with { BindAddress = address.Addresses[0] }, ct);
        second.Listen([Protocol]);
        ITransportConnection dialed;
        try
        {
            dialed = await dialing;
        }
        catch (MoqConnectException early) when (early.Error == ConnectError.NotServing)
        {
            // The dial arrived between the two lines above.
            dialed = await dialer.ConnectAsync(address, [Protocol], ct);
        }

        await using (dialed)
            Assert.That(dialed.RemoteId.ToArray(), Is.EqualTo(key.Id.ToArray()));
    }

    [Test]
    public async Task Listen_ReplacesTheProtocols(CancellationToken ct)
    {
        await using var listener = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        listener.Listen(["a", "b"]);
        Assert.That(await ProtocolOfAsync(), Is.EqualTo("a"));
        listener.Listen(["c", "b", "a"]);
        Assert.That(await ProtocolOfAsync(), Is.EqualTo("c"));
        listener.Listen(["b"]);
        Assert.That(await ProtocolOfAsync(), Is.EqualTo("b"));
        listener.Listen([]);
        var failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await dialer.ConnectAsync(listener.Address, ["a"], ct));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.NotServing));

        async Task<string> ProtocolOfAsync()
        {
            var accepting = listener.AcceptAsync(ct);
            await using var dialed = await dialer.ConnectAsync(listener.Address, ["b", "a", "c"], ct);
            await using var accepted = await accepting;
            Assert.That(accepted.Protocol, Is.EqualTo(dialed.Protocol));
            return dialed.Protocol;
        }
    }

    /// <summary>More connections than may wait: the dialer learns that the peer is busy from the code of the close.</summary>
    [Test]
    public async Task MoreConnectionsThanMayWait_AreClosedAsBusy(CancellationToken ct)
    {
        var one = Machine.Loopback with { MaxUnaccepted = 1 };
        await using var listener = await QuicEndpoint.CreateAsync(options: one, cancellationToken: ct);
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        listener.Listen([Protocol]);
        await using var first = await dialer.ConnectAsync(listener.Address, [Protocol], ct);
        await using var second = await dialer.ConnectAsync(listener.Address, [Protocol], ct);
        var end = await await Task.WhenAny(first.Closed, second.Closed);
        Assert.That((end.Cause, end.Code, end.IsRemote), Is.EqualTo((TransportEndCause.ClosedByApplication, 4UL, true)));
    }

    [Test]
    public async Task BoundToAllAddresses_IsReachedByIPv4AndIPv6(CancellationToken ct)
    {
        await using var listener = await QuicEndpoint.CreateAsync(cancellationToken: ct);
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        listener.Listen([Protocol]);
        IPAddress[] addresses = [IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Loopback.MapToIPv6()];
        foreach (var address in addresses)
        {
            var remote = new EndpointAddr(listener.Id, new IPEndPoint(address, listener.LocalEndPoint.Port));
            await using var dialed = await dialer.ConnectAsync(remote, [Protocol], ct);
            await using var accepted = await listener.AcceptAsync(ct);
        }

        Assert.That(listener.Address.Addresses, Is.Not.Empty);
        Assert.That(listener.Address.Addresses, Has.All.Matches<IPEndPoint>(own => own!.Port == listener.LocalEndPoint.Port));
    }

    [Test]
    public async Task AddressInUse_IsReported()
    {
        await using var first = await QuicEndpoint.CreateAsync(options: Machine.Loopback);
        var same = Machine.Loopback with { BindAddress = first.LocalEndPoint };
        var failure = await Assert.ThrowsAsync<SocketException>(async () => await QuicEndpoint.CreateAsync(options: same));
        Assert.That(failure!.SocketErrorCode, Is.EqualTo(SocketError.AddressAlreadyInUse));
        using var silent = Silent();
        var taken = Machine.Loopback with { BindAddress = (IPEndPoint)silent.LocalEndPoint! };
        failure = await Assert.ThrowsAsync<SocketException>(async () => await QuicEndpoint.CreateAsync(options: taken));
        Assert.That(failure!.SocketErrorCode, Is.EqualTo(SocketError.AddressAlreadyInUse));
    }

    /// <summary>Connects with a certificate that proves no ID, and returns how the connection ended.</summary>
    private static async Task<TransportEnd> RefusalOfAsync(IPEndPoint listener, X509Certificate2? certificate, CancellationToken ct)
    {
        var options = new QuicClientConnectionOptions
        {
            RemoteEndPoint = listener,
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 0,
            MaxInboundUnidirectionalStreams = 1,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
                ClientCertificates = certificate is null ? null : [certificate],
                RemoteCertificateValidationCallback =
                    static (_, presented, _, _) => PeerCertificate.TryVerify(presented, QuicEndpoint.Now, out _, out _),
            },
        };
        await using var connection = await QuicConnection.ConnectAsync(options, ct);
        try
        {
            await connection.AcceptInboundStreamAsync(ct);
        }
        catch (Exception failure)
        {
            return ConnectionEnds.From(failure);
        }

        throw new AssertionException("The connection was accepted.");
    }

    private static ValueTask<QuicListener> ListenAsync(X509Certificate2 certificate) => QuicListener.ListenAsync(new QuicListenerOptions
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
        ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(new QuicServerConnectionOptions
        {
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 0,
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
                ServerCertificate = certificate,
            },
        }),
    });

    private static X509Certificate2 WebCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static Socket Silent()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static EndpointAddr AddressOf(Socket socket) => new(SecretKey.Generate().Id, (IPEndPoint)socket.LocalEndPoint!);
}
