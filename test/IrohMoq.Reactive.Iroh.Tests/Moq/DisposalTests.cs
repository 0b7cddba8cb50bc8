using System.Net;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Two hundred connections each carry a quarter of a megabyte that is not read, and then their peers are refused, superseded or gone.
/// Their memory, the bytes that the endpoint counts, and their places are released while the manager and its endpoint continue.
/// </summary>
[NonParallelizable]
public sealed class DisposalTests
{
    private const int Peers = 200;
    private const int AtOnce = 50;
    private const int Streams = 8;
    private const int StreamSize = 32 << 10;
    private const int Sent = Peers * Streams * StreamSize;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    [Test]
    [CancelAfter(60_000)]
    public Task NotAdmitted(CancellationToken ct) =>
        LeavesNothingAsync(new MoqOptions { AcceptPolicy = static (_, _) => new(false) }, isCut: false, 1, ct);

    [Test]
    [CancelAfter(60_000)]
    public Task Undecided(CancellationToken ct) =>
        LeavesNothingAsync(new MoqOptions { RequireAccept = true, DecisionTimeout = Idle / 2 }, isCut: false, 1, ct);

    [Test]
    [CancelAfter(60_000)]
    public Task Vanished(CancellationToken ct) => LeavesNothingAsync(MoqOptions.Default, isCut: true, 1, ct);

    [Test]
    [CancelAfter(60_000)]
    public Task VanishedWhileUndecided(CancellationToken ct) =>
        LeavesNothingAsync(new MoqOptions { RequireAccept = true }, isCut: true, 1, ct);

    [Test]
    [CancelAfter(60_000)]
    public Task Superseded(CancellationToken ct) => LeavesNothingAsync(MoqOptions.Default, isCut: true, dials: 3, ct);

    private static async Task LeavesNothingAsync(MoqOptions options, bool isCut, int dials, CancellationToken ct)
    {
        var pool = new BlockPool();
        var bind =
            new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0), IdleTimeout = Idle, KeepAlive = Idle / 4 };
        await using var endpoint = await IrohEndpoint.CreateAsync(options: bind with { Pool = pool }, cancellationToken: ct);
        await using var moq = Moq.Serve(endpoint, options);
        using var places = new SemaphoreSlim(AtOnce);
        var most = await Task.WhenAll(Enumerable.Range(0, Peers / dials).Select(_ => PeerAsync()));
        TestContext.Out.WriteLine($"{most.Max() / 1e6:0.0} MB at most, of {Sent / 1e6:0.0} MB that were sent");

        // The memory is released without a shutdown.
        while (pool.BytesOut > 0 || endpoint.Loop.Settings.Budget.Used > 0 || endpoint.Loop.ConnectionCount > 0)
            await Task.Delay(10, ct);

        async Task<long> PeerAsync()
        {
            await places.WaitAsync(ct);
            try
            {
                return await SendAndGoAsync();
            }
            finally
            {
                places.Release();
            }
        }

        async Task<long> SendAndGoAsync()
        {
            await using var peer = await IrohEndpoint.CreateAsync(options: bind, cancellationToken: ct);
            await using var relay = new Relay(endpoint.LocalEndPoint);
            var last = Task.CompletedTask;
            var most = 0L;
            for (var dial = 0; dial < dials; dial++)
            {
                try
                {
                    var connection = await peer.ConnectAsync(new EndpointAddr(endpoint.Id, relay.Address), ["moq-lite-03"], ct);
                    last = connection.Closed;
                    await SendAsync(connection, ct);
                }
                catch (Exception end) when (end is TransportClosedException or TransportStreamException
                    or MoqConnectException { Error: ConnectError.Refused or ConnectError.NotServing })
                {
                    // The peer is refused, which may happen at any point.
                }

                most = Math.Max(most, pool.BytesOut);
            }

            if (isCut)
                relay.Cut();
            else
                await last.WaitAsync(ct);
            return most;
        }
    }

    private static async Task SendAsync(ITransportConnection connection, CancellationToken ct)
    {
        for (var i = 0; i < Streams; i++)
        {
            var stream = await connection.OpenUniAsync(ct);
            await stream.WriteAsync(new byte[StreamSize], ct);
            stream.Finish();
            await stream.Closed.WaitAsync(ct);
        }
    }
}
