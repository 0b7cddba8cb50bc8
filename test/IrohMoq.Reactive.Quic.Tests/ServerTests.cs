using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>Servers that are dialed by name, and the sessions with them, which have no ID.</summary>
[CancelAfter(30_000)]
public sealed class ServerTests
{
    private const string Protocol = "test-1";
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private X509Certificate2 _root = null!;
    private QuicEndpoint _dialer = null!;

    [OneTimeSetUp]
    public void CreateRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
    }

    [OneTimeTearDown]
    public void DisposeRoot() => _root.Dispose();

    [SetUp]
    public async Task CreateDialer()
    {
        Machine.SkipWithoutQuic();
        _dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback);
    }

    [TearDown]
    public async Task DisposeDialer()
    {
        if (_dialer is not null)
            await _dialer.DisposeAsync();
    }

    [Test]
    public async Task OwnRoot_IsAccepted_AndNeitherSideHasAnId(CancellationToken ct)
    {
        await using var server = await ServeAsync(Leaf("localhost"), ct);
        await using var dialed = await DialAsync(server, ServerValidation.FromRoots(_root), ct);
        await using var accepted = await server.AcceptAsync(ct);
        Assert.That((dialed.RemoteId.IsEmpty, accepted.RemoteId.IsEmpty, dialed.Protocol), Is.EqualTo((true, true, Protocol)));
        var send = await dialed.OpenUniAsync(ct);
        await send.WriteAsync(new byte[] { 7 }, ct);
        var bytes = new byte[1];
        Assert.That(await (await accepted.AcceptUniAsync(ct)).ReadAsync(bytes, ct) + bytes[0], Is.EqualTo(8));
    }

    [Test]
    public async Task PinnedCertificate_IsAccepted_ForAnyName(CancellationToken ct)
    {
        var leaf = SelfSigned("elsewhere.example", Now.AddDays(1));
        await using var server = await ServeAsync(leaf, ct);
        await using var dialed = await DialAsync(
            server, ServerValidation.FromHashes(new byte[32], SHA256.HashData(leaf.RawData)), ct);
        Assert.That(dialed.RemoteId.IsEmpty, Is.True);
    }

    [Test]
    public async Task UntrustedCertificates_AreRefused(CancellationToken ct)
    {
        var good = Leaf("localhost");
        await IsRefusedAsync(good, null, "not trusted", ct);
        await IsRefusedAsync(good, ServerValidation.FromRoots(SelfSigned("other root", Now.AddDays(1))), "not trusted", ct);
        await IsRefusedAsync(Leaf("elsewhere.example"), ServerValidation.FromRoots(_root), "RemoteCertificateNameMismatch", ct);
        await IsRefusedAsync(Leaf("localhost", Now.AddDays(-1)), ServerValidation.FromRoots(_root), "not trusted", ct);
        await IsRefusedAsync(good, ServerValidation.FromHashes(new byte[32]), Convert.ToHexStringLower(SHA256.HashData(good.RawData)), ct);
        var old = SelfSigned("localhost", Now.AddDays(-1));
        await IsRefusedAsync(old, ServerValidation.FromHashes(SHA256.HashData(old.RawData)), "expired", ct);
    }

    /// <summary>A dial by name of an endpoint that only has peers.</summary>
    [Test]
    public async Task EndpointWithoutAServerCertificate_IsRefused(CancellationToken ct)
    {
        await using var peer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        peer.Listen([Protocol]);
        var failure = await Assert.ThrowsAsync<MoqConnectException>(
            async () => await DialAsync(peer, ServerValidation.FromRoots(_root), ct));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.HandshakeFailed));
    }

    [Test]
    public async Task PeersAndClients_ShareAnEndpoint(CancellationToken ct)
    {
        await using var server = await ServeAsync(Leaf("localhost"), ct);
        await using var byId = await _dialer.ConnectAsync(server.Address, [Protocol], ct);
        await using var acceptedPeer = await server.AcceptAsync(ct);
        await using var byName = await DialAsync(server, ServerValidation.FromRoots(_root), ct);
        await using var acceptedClient = await server.AcceptAsync(ct);
        Assert.That(acceptedPeer.RemoteId.ToArray(), Is.EqualTo(_dialer.Id.ToArray()));
        Assert.That(acceptedClient.RemoteId.IsEmpty, Is.True);
    }

    [Test]
    public async Task UnknownName_IsNoAddress(CancellationToken ct)
    {
        var failure = await Assert.ThrowsAsync<MoqConnectException>(
            async () => await _dialer.ConnectToServerAsync(new DnsEndPoint("server.invalid", 443), [Protocol], cancellationToken: ct));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.NoAddress));
    }

    [Test]
    public async Task NoCommonProtocol_AndNotServing_AreTheSameForAClient(CancellationToken ct)
    {
        await using var server = await ServeAsync(Leaf("localhost"), ct);
        foreach (var served in new string[][] { ["another"], [] })
        {
            server.Listen(served);
            var failure = await Assert.ThrowsAsync<MoqConnectException>(
                async () => await DialAsync(server, ServerValidation.FromRoots(_root), ct));
            Assert.That(failure!.Error, Is.EqualTo(ConnectError.NoCommonProtocol));
        }
    }

    [Test]
    public async Task Broadcast_IsReadByAClientWithoutAnId(CancellationToken ct)
    {
        await using var server = await ServeAsync(Leaf("localhost"), ct);
        await using var moq = Moq.Serve(server);
        using var broadcast = moq.CreateBroadcast();
        using var track = broadcast.CreateTrack("t");
        using var live = moq.Publish("x", broadcast);
        var name = new DnsEndPoint("localhost", server.LocalEndPoint.Port);
        var connection = await _dialer.ConnectToServerAsync(name, moq.ProtocolHandler.Protocols, ServerValidation.FromRoots(_root), ct);
        await using var session = MoqSession.Connect(connection);
        await using var remote = await session.SubscribeAsync("x", ct);
        var reading = remote.Track("t").ReadGroupsAsync(cancellationToken: ct).GetAsyncEnumerator(ct);
        await using (reading)
        {
            var next = reading.MoveNextAsync();
            await track.WaitForSubscriberAsync(ct);
            using var group = track.AppendGroup();
            group.Write("hello"u8);
            group.Finish();
            Assert.That(await next, Is.True);
            await foreach (var frame in reading.Current.ReadFramesAsync(ct))
                Assert.That(frame.ToArray(), Is.EqualTo("hello"u8.ToArray()));
        }

        Assert.That(session.RemoteId, Is.EqualTo(default(EndpointId)));
    }

    [Test]
    public void WrongHashesAndRoots_AreRefused()
    {
        Assert.That(static () => ServerValidation.FromHashes(), Throws.ArgumentException);
        Assert.That(static () => ServerValidation.FromHashes(new byte[31]), Throws.ArgumentException);
        Assert.That(static () => ServerValidation.FromRoots(), Throws.ArgumentException);
    }

    private static async Task<QuicEndpoint> ServeAsync(X509Certificate2 certificate, CancellationToken ct)
    {
        var named = SslStreamCertificateContext.Create(certificate, null, offline: true);
        var server = await QuicEndpoint.CreateAsync(options: Machine.Loopback with { ServerCertificate = named }, cancellationToken: ct);
        server.Listen([Protocol]);
        return server;
    }

    private async Task<ITransportConnection> DialAsync(QuicEndpoint server, ServerValidation? validation, CancellationToken ct) =>
        await _dialer.ConnectToServerAsync(new DnsEndPoint("localhost", server.LocalEndPoint.Port), [Protocol], validation, ct);

    private async Task IsRefusedAsync(
        X509Certificate2 certificate, ServerValidation? validation, string problem, CancellationToken ct)
    {
        await using var server = await ServeAsync(certificate, ct);
        var failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await DialAsync(server, validation, ct));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.HandshakeFailed));
        Assert.That(failure.Message, Does.Contain(problem));
    }

    private static X509Certificate2 SelfSigned(string name, DateTimeOffset end)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return RequestFor(name, key).CreateSelfSigned(Now.AddDays(-20), end);
    }

    private static CertificateRequest RequestFor(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name.Replace(' ', '-'));
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private X509Certificate2 Leaf(string name, DateTimeOffset? end = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = RequestFor(name, key).Create(_root, Now.AddDays(-20), end ?? Now.AddDays(1), [1, 2, 3, (byte)name.Length]);
        return signed.CopyWithPrivateKey(key);
    }
}
