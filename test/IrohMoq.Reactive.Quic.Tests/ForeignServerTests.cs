using System.Net;
using System.Security.Cryptography;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>A server of another implementation (quiche), dialed by name with a pinned certificate.</summary>
[CancelAfter(30_000)]
public sealed class ForeignServerTests
{
    private const string Protocol = "echo-1";

    private QuicEndpoint _dialer = null!;
    private EchoServer _server = null!;

    [SetUp]
    public async Task Start()
    {
        Machine.SkipWithoutQuic();
        _server = await EchoServer.StartAsync([Protocol], CancellationToken.None);
        _dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback);
    }

    [TearDown]
    public async Task Stop()
    {
        if (_dialer is not null)
            await _dialer.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Test]
    public async Task Bytes_ComeBack_OnBothKindsOfStreams([Values(0, 1, 1_000, 3_000_000)] int length, CancellationToken ct)
    {
        await using var connection = await DialAsync(ct);
        Assert.That((connection.Protocol, connection.RemoteId.IsEmpty), Is.EqualTo((Protocol, true)));
        var bytes = RandomNumberGenerator.GetBytes(length);
        // The first byte of a stream may be a command of the server.
        if (length > 0)
            bytes[0] = 1;
        var both = await connection.OpenBidiAsync(ct);
        var writing = WriteAsync(both.Send);
        Assert.That(await ReadToEndAsync(both.Receive), Is.EqualTo(bytes));
        await writing;
        Assert.That((await both.Send.Closed).Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        if (length == 0)
            return;
        var one = WriteAsync(await connection.OpenUniAsync(ct));
        Assert.That(await ReadToEndAsync(await connection.AcceptUniAsync(ct)), Is.EqualTo(bytes));
        await one;

        async Task WriteAsync(ISendStream send)
        {
            await send.WriteAsync(bytes, ct);
            send.Finish();
        }

        async Task<byte[]> ReadToEndAsync(IReceiveStream receive)
        {
            var all = new MemoryStream();
            var buffer = new byte[64 << 10];
            while (await receive.ReadAsync(buffer, ct) is > 0 and var count)
                all.Write(buffer, 0, count);
            return all.ToArray();
        }
    }

    /// <summary>More streams than the server allows at once: the credit returns.</summary>
    [Test]
    public async Task ManyStreams_ComeBack(CancellationToken ct)
    {
        await using var connection = await DialAsync(ct);
        await Parallel.ForAsync(0, 300, ct, async (i, stop) =>
        {
            var both = await connection.OpenBidiAsync(stop);
            await both.Send.WriteAsync(new[] { (byte)(i % 200), (byte)7 }, stop);
            both.Send.Finish();
            var read = new byte[3];
            var count = 0;
            while (await both.Receive.ReadAsync(read.AsMemory(count), stop) is > 0 and var n)
                count += n;
            Assert.That(read, Is.EqualTo(new byte[] { (byte)(i % 200), 7, 0 }));
        });
    }

    [Test]
    public async Task CodesOfResetsStopsAndCloses_Arrive(CancellationToken ct)
    {
        await using var connection = await DialAsync(ct);
        var reset = await connection.OpenBidiAsync(ct);
        await reset.Send.WriteAsync(new byte[] { 0xf0 }, ct);
        var failure = await Assert.ThrowsAsync<TransportStreamException>(async () => await reset.Receive.ReadAsync(new byte[1], ct));
        Assert.That((failure!.Code, failure.IsRemote), Is.EqualTo((77, true)));

        var stopped = await connection.OpenBidiAsync(ct);
        await stopped.Send.WriteAsync(new byte[] { 0xf1 }, ct);
        Assert.That(await stopped.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, 78)));

        var closing = await connection.OpenBidiAsync(ct);
        await closing.Send.WriteAsync(new byte[] { 0xf2 }, ct);
        Assert.That(await connection.Closed, Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 79, "", IsRemote: true)));
    }

    [Test]
    public async Task CodeOfOurClose_Arrives(CancellationToken ct)
    {
        var connection = await DialAsync(ct);
        await _server.ExpectAsync("connected", ct);
        connection.Close(5, "not sent by System.Net.Quic");
        Assert.That((await _server.ExpectAsync("closed", ct)).GetProperty("code").GetInt32(), Is.EqualTo(5));
        await connection.DisposeAsync();
    }

    [Test]
    public async Task OtherProtocol_IsRefused(CancellationToken ct)
    {
        var failure = await Assert.ThrowsAsync<MoqConnectException>(async () => await DialAsync(ct, "another"));
        Assert.That(failure!.Error, Is.EqualTo(ConnectError.NoCommonProtocol));
    }

    private async Task<ITransportConnection> DialAsync(CancellationToken ct, string protocol = Protocol) =>
        await _dialer.ConnectToServerAsync(
            new DnsEndPoint("127.0.0.1", _server.Port), [protocol], ServerValidation.FromHashes(_server.CertificateHash), ct);
}
