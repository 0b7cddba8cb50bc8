using System.Buffers.Binary;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>What System.Net.Quic does in its own way, and how the endpoint deals with it.</summary>
[CancelAfter(30_000)]
public sealed class MannerTests
{
    private const string Protocol = "test-1";

    [SetUp]
    public void SkipWithoutQuic() => Machine.SkipWithoutQuic();

    /// <summary>A canceled open of System.Net.Quic leaves a stream that the peer receives as reset.</summary>
    [Test]
    public async Task CanceledOpens_LeaveNoPhantom(CancellationToken ct)
    {
        await using var pair = await Pair.StartAsync(Machine.Loopback with { MaxIncomingUniStreams = 1 }, ct);
        for (var i = 0; i < 20; i++)
        {
            var send = await pair.Dialed.OpenUniAsync(ct);
            using var giveUp = new CancellationTokenSource();
            var canceled = pair.Dialed.OpenUniAsync(giveUp.Token).AsTask();
            await giveUp.CancelAsync();
            await Assert.CatchAsync<OperationCanceledException>(async () => await canceled);
            await send.WriteAsync(new[] { (byte)i }, ct);
            send.Finish();
            var receive = await pair.Accepted.AcceptUniAsync(ct);
            var bytes = new byte[2];
            Assert.That(await receive.ReadAsync(bytes, ct), Is.EqualTo(1));
            Assert.That(bytes[0], Is.EqualTo(i));
            Assert.That(await receive.ReadAsync(bytes, ct), Is.Zero);
        }
    }

    /// <summary>Only the disposal of a stream returns its credit, and streams end in many ways.</summary>
    [Test]
    public async Task EveryEnd_ReturnsTheCreditOfTheStream(CancellationToken ct)
    {
        await using var pair = await Pair.StartAsync(
            Machine.Loopback with { MaxIncomingUniStreams = 2, MaxIncomingBidiStreams = 2 }, ct);
        for (var i = 0; i < 40; i++)
        {
            var mine = await pair.Dialed.OpenBidiAsync(ct);
            await mine.Send.WriteAsync(new byte[10], ct);
            var theirs = await pair.Accepted.AcceptBidiAsync(ct);
            End(i % 4, mine, theirs);
            End((i / 4) % 4, theirs, mine);
            if (i % 4 == 0)
                await ReadToEndAsync(theirs.Receive, ct);
            if ((i / 4) % 4 == 0)
                await ReadToEndAsync(mine.Receive, ct);
            // A reset that nobody reads ends with a stop.
            theirs.Receive.Stop(9);
            mine.Receive.Stop(9);
        }

        static void End(int way, BidiStream from, BidiStream to)
        {
            switch (way)
            {
                case 0:
                    from.Send.Finish();
                    break;
                case 1:
                    from.Send.Reset(1);
                    break;
                case 2:
                    to.Receive.Stop(2);
                    break;
                default:
                    from.Send.Finish();
                    to.Receive.Stop(3);
                    break;
            }
        }
    }

    /// <summary>Unread data is lost when the peer closes the connection, but a stream that was cut never looks complete.</summary>
    [Test]
    public async Task CloseWithUnreadData_NeverLooksLikeTheEndOfTheStream(CancellationToken ct)
    {
        for (var round = 0; round < 10; round++)
        {
            await using var pair = await Pair.StartAsync(Machine.Loopback, ct);
            var send = await pair.Dialed.OpenUniAsync(ct);
            await send.WriteAsync(new byte[600_000], ct);
            var receive = await pair.Accepted.AcceptUniAsync(ct);
            if (round % 2 == 0)
                send.Finish();
            pair.Dialed.Close(42, "the text does not travel");
            var end = await pair.Accepted.Closed;
            Assert.That(end, Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 42, "", IsRemote: true)));
            var read = 0;
            TransportEnd? seen = null;
            try
            {
                while (await receive.ReadAsync(new byte[32 << 10], ct) is > 0 and var count)
                    read += count;
            }
            catch (TransportClosedException closed)
            {
                seen = closed.End;
            }

            if (read < 600_000)
                Assert.That(seen, Is.EqualTo(end));
        }
    }

    /// <summary>The application confirms what it has read before either side closes: then nothing is lost.</summary>
    [Test]
    public async Task CloseAfterAConfirmation_LosesNothing(CancellationToken ct)
    {
        await using var pair = await Pair.StartAsync(Machine.Loopback, ct);
        var mine = await pair.Dialed.OpenBidiAsync(ct);
        var sending = mine.Send.WriteAsync(new byte[3_000_000], ct);
        var theirs = await pair.Accepted.AcceptBidiAsync(ct);
        var reading = ConfirmAsync();
        await sending;
        mine.Send.Finish();
        var confirmed = new byte[4];
        Assert.That(await mine.Receive.ReadAsync(confirmed, ct), Is.EqualTo(4));
        Assert.That(BinaryPrimitives.ReadInt32LittleEndian(confirmed), Is.EqualTo(3_000_000));
        pair.Dialed.Close(0, "");
        await reading;

        async Task ConfirmAsync()
        {
            var read = await ReadToEndAsync(theirs.Receive, ct);
            var bytes = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, read);
            await theirs.Send.WriteAsync(bytes, ct);
        }
    }

    /// <summary>One write is copied whole however long it is, so that long writes are split.</summary>
    [Test]
    public async Task LongWriteThatNobodyReads_IsNotTakenWhole(CancellationToken ct)
    {
        await using var pair = await Pair.StartAsync(Machine.Loopback, ct);
        var send = await pair.Dialed.OpenUniAsync(ct);
        var writing = send.WriteAsync(new byte[8 << 20], ct).AsTask();
        var receive = await pair.Accepted.AcceptUniAsync(ct);
        // A stream that is opened later arrives, although the first one is blocked.
        var other = await pair.Dialed.OpenUniAsync(ct);
        await other.WriteAsync(new byte[1], ct);
        await pair.Accepted.AcceptUniAsync(ct);
        Assert.That(writing.IsCompleted, Is.False);
        Assert.That(await ReadAsync(8 << 20), Is.EqualTo(8 << 20));
        await writing;

        async Task<int> ReadAsync(int count)
        {
            var buffer = new byte[64 << 10];
            var read = 0;
            while (read < count)
                read += await receive.ReadAsync(buffer, ct);
            return read;
        }
    }

    /// <summary>The keep-alive of one side is enough, and without one the connection times out at both.</summary>
    [Test]
    public async Task SilentConnection_TimesOut(CancellationToken ct)
    {
        var options = Machine.Loopback with { IdleTimeout = TimeSpan.FromSeconds(1), KeepAlive = TimeSpan.FromHours(1) };
        await using var pair = await Pair.StartAsync(options, ct);
        Assert.That((await pair.Dialed.Closed).Cause, Is.EqualTo(TransportEndCause.TimedOut));
        Assert.That((await pair.Accepted.Closed).Cause, Is.EqualTo(TransportEndCause.TimedOut));
        await Assert.ThrowsAsync<TransportClosedException>(async () => await pair.Dialed.OpenUniAsync(ct));
    }

    private static async Task<int> ReadToEndAsync(IReceiveStream receive, CancellationToken ct)
    {
        var buffer = new byte[64 << 10];
        var all = 0;
        while (await receive.ReadAsync(buffer, ct) is > 0 and var count)
            all += count;
        return all;
    }

    internal sealed class Pair : IAsyncDisposable
    {
        private readonly QuicEndpoint _dialer;
        private readonly QuicEndpoint _listener;

        private Pair(QuicEndpoint dialer, QuicEndpoint listener, ITransportConnection dialed, ITransportConnection accepted)
        {
            (_dialer, _listener, Dialed, Accepted) = (dialer, listener, dialed, accepted);
        }

        public ITransportConnection Dialed { get; }

        public ITransportConnection Accepted { get; }

        public static async Task<Pair> StartAsync(QuicEndpointOptions options, CancellationToken ct)
        {
            var listener = await QuicEndpoint.CreateAsync(options: options, cancellationToken: ct);
            var dialer = await QuicEndpoint.CreateAsync(options: options, cancellationToken: ct);
            listener.Listen([Protocol]);
            var dialed = await dialer.ConnectAsync(listener.Address, [Protocol], ct);
            return new Pair(dialer, listener, dialed, await listener.AcceptAsync(ct));
        }

        public async ValueTask DisposeAsync()
        {
            await Dialed.DisposeAsync();
            await Accepted.DisposeAsync();
            await _dialer.DisposeAsync();
            await _listener.DisposeAsync();
        }
    }
}
