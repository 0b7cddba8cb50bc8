using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The path of a connection: how it is reported, and that a connection survives its change.</summary>
[Parallelizable(ParallelScope.All)]
public class PathTests
{
    [TestCase(null, TestName = "AnotherPort_IsSeenByTheListener")]
    [TestCase("127.0.0.2", TestName = "AnotherAddress_IsSeenByTheListener")]
    [CancelAfter(20_000)]
    public async Task Rebinding_IsSeenByTheListener(string? address, CancellationToken token)
    {
        await using var pair = await RelayedPair.ConnectAsync(token);
        var (dialed, accepted) = ((IPathAwareConnection)pair.Dialed, (IPathAwareConnection)pair.Accepted);
        var paths = accepted.ReadPathsAsync(token).GetAsyncEnumerator(token);
        await paths.MoveNextAsync();
        Assert.That(paths.Current.RemoteEndPoint, Is.EqualTo(pair.Relay.OuterAddress));
        Assert.That(paths.Current.LocalEndPoint, Is.EqualTo(pair.Endpoints.Listener.LocalEndPoint));
        Assert.That(paths.Current, Is.EqualTo(accepted.CurrentPath));
        Assert.That(dialed.CurrentPath.RemoteEndPoint, Is.EqualTo(pair.Relay.Address));

        var before = pair.Relay.OuterAddress;
        pair.Relay.Rebind(address is null ? null : IPAddress.Parse(address));
        Assert.That(pair.Relay.OuterAddress, Is.Not.EqualTo(before));
        await pair.SendAsync(pair.Dialed, pair.Accepted, 1, token);
        Assert.That(await paths.MoveNextAsync(), Is.True);
        Assert.That(paths.Current.RemoteEndPoint, Is.EqualTo(pair.Relay.OuterAddress));
        Assert.That(accepted.CurrentPath, Is.EqualTo(paths.Current));
        Assert.That(dialed.CurrentPath.RemoteEndPoint, Is.EqualTo(pair.Relay.Address), "a client does not see that a NAT has rebound it");

        await pair.SendAsync(pair.Accepted, pair.Dialed, 100_000, token);
        pair.Dialed.Close(0, "");
        Assert.That(await paths.MoveNextAsync(), Is.False, "the enumeration ends with the connection");
        await pair.Accepted.Closed.WaitAsync(token);
        Assert.That(accepted.CurrentPath.RemoteEndPoint, Is.EqualTo(pair.Relay.OuterAddress), "the last path stays readable");
        await paths.DisposeAsync();
    }

    /// <summary>Data in both directions survives rebindings, and little goes to an address that the dialer has no more.</summary>
    [TestCase(true)]
    [TestCase(false)]
    [CancelAfter(60_000)]
    public async Task Rebindings_DuringATransfer_LoseNoByte(bool isUpload, CancellationToken token)
    {
        const int rebindings = 7, length = 8_000_000;
        // A dialer that only reads has nothing to send after a rebinding but its next keep-alive.
        await using var pair = await RelayedPair.ConnectAsync(
            token, static options => options with { KeepAlive = TimeSpan.FromMilliseconds(100) });
        var (from, to) = isUpload ? (pair.Dialed, pair.Accepted) : (pair.Accepted, pair.Dialed);
        for (var i = 0; i < rebindings; i++)
        {
            var sending = pair.SendAsync(from, to, length, token);
            var heard = pair.Relay.ToListener;
            while (pair.Relay.ToListener < heard + 20 && !sending.IsCompleted)
            {
                token.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            pair.Relay.Rebind();
            await sending;
        }

        // Misdirected is what was on the way before the listener heard from the new address, and the challenges to the former address, by
        // which it finds out whether the dialer has really moved.
        Assert.That(pair.Relay.Misdirected, Is.LessThan(pair.Relay.FromListener / 10));
        Assert.That(((IPathAwareConnection)pair.Accepted).CurrentPath.RemoteEndPoint, Is.EqualTo(pair.Relay.OuterAddress));
    }

    /// <summary>Without the call, the listener would learn the new address of an idle dialer at the next keep-alive.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task NetworkChange_MakesTheListenerLearnTheNewAddressAtOnce(CancellationToken token)
    {
        await using var pair = await RelayedPair.ConnectAsync(
            token, static options => options with { KeepAlive = TimeSpan.FromMinutes(1), IdleTimeout = TimeSpan.FromMinutes(3) });
        await pair.SettleAsync(token);
        var paths = ((IPathAwareConnection)pair.Accepted).ReadPathsAsync(token).GetAsyncEnumerator(token);
        await paths.MoveNextAsync();
        Assert.That(pair.Relay.IdsUsed, Is.EqualTo(1));
        // The first change migrates. Further ones shortly afterwards only send a packet.
        for (var i = 0; i < 10; i++)
        {
            pair.Relay.Rebind();
            var from = Stopwatch.GetTimestamp();
            pair.Endpoints.Dialer.NetworkChanged();
            Assert.That(await paths.MoveNextAsync(), Is.True);
            Assert.That(paths.Current.RemoteEndPoint, Is.EqualTo(pair.Relay.OuterAddress));
            Assert.That(Stopwatch.GetElapsedTime(from), Is.LessThan(TimeSpan.FromSeconds(2)));
            await pair.SendAsync(pair.Accepted, pair.Dialed, 10_000, token);
            Assert.That(pair.Relay.IdsUsed, Is.EqualTo(2));
        }

        await pair.SendAsync(pair.Dialed, pair.Accepted, 1_000_000, token);
        await paths.DisposeAsync();
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task NetworkChangeOfTheListener_SendsAPacketAtOnce(CancellationToken token)
    {
        await using var pair = await RelayedPair.ConnectAsync(
            token, static options => options with { KeepAlive = TimeSpan.FromMinutes(1), IdleTimeout = TimeSpan.FromMinutes(3) });
        await pair.SettleAsync(token);
        var before = pair.Relay.ToListener;
        pair.Endpoints.Listener.NetworkChanged();
        // The dialer acknowledges.
        while (pair.Relay.ToListener == before)
        {
            token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.That(pair.Accepted.Closed.IsCompleted, Is.False);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task NetworkChange_DuringATransfer_LosesNoByte(CancellationToken token)
    {
        await using var pair = await RelayedPair.ConnectAsync(token);
        var up = pair.SendAsync(pair.Dialed, pair.Accepted, 20_000_000, token);
        var down = pair.SendAsync(pair.Accepted, pair.Dialed, 20_000_000, token);
        for (var i = 0; i < 5; i++)
        {
            var heard = pair.Relay.ToListener;
            while (pair.Relay.ToListener < heard + 20 && !(up.IsCompleted && down.IsCompleted))
            {
                token.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            pair.Endpoints.Dialer.NetworkChanged();
            pair.Endpoints.Listener.NetworkChanged();
        }

        await Task.WhenAll(up, down);
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task NetworkChange_WithoutConnectionsOrAfterTheEnd_HasNoEffect(CancellationToken token)
    {
        var endpoint = await IrohEndpoint.CreateAsync(cancellationToken: token);
        var address = endpoint.Address;
        endpoint.NetworkChanged();
        Assert.That(endpoint.Address, Is.EqualTo(address));
        await endpoint.DisposeAsync();
        endpoint.NetworkChanged();
    }

    /// <summary>Two endpoints, and a connection between them through a relay.</summary>
    private sealed class RelayedPair(Endpoints endpoints, Relay relay, ITransportConnection dialed, ITransportConnection accepted)
        : IAsyncDisposable
    {
        public Endpoints Endpoints => endpoints;

        public Relay Relay => relay;

        public ITransportConnection Dialed => dialed;

        public ITransportConnection Accepted => accepted;

        public static async Task<RelayedPair> ConnectAsync(
            CancellationToken token, Func<IrohEndpointOptions, IrohEndpointOptions>? change = null)
        {
            var endpoints = await Endpoints.CreateAsync(change);
            var relay = new Relay(endpoints.Listener.LocalEndPoint);
            var accepting = endpoints.Listener.AcceptAsync(token).AsTask();
            var dialed = await endpoints.Dialer.ConnectAsync(
                new EndpointAddr(endpoints.Listener.Id, relay.Address), [Endpoints.Protocol], token);
            return new RelayedPair(endpoints, relay, dialed, await accepting);
        }

        /// <summary>Sends random bytes on a stream, and compares what arrives.</summary>
        public async Task SendAsync(ITransportConnection from, ITransportConnection to, int length, CancellationToken token)
        {
            var bytes = RandomNumberGenerator.GetBytes(length);
            var sending = WriteAsync(from, bytes, token);
            var stream = await to.AcceptUniAsync(token);
            var got = new byte[length + 1];
            var count = 0;
            for (int read; (read = await stream.ReadAsync(got.AsMemory(count), token)) > 0;)
                count += read;
            await sending;
            Assert.That(count, Is.EqualTo(length));
            Assert.That(got.AsSpan(0, count).SequenceEqual(bytes), Is.True);
        }

        /// <summary>Waits until nothing is on the way: a packet that is sent afterwards has a cause of its own.</summary>
        public async Task SettleAsync(CancellationToken token)
        {
            await SendAsync(dialed, accepted, 1, token);
            await SendAsync(accepted, dialed, 1, token);
            for (var (count, last) = (-1, Stopwatch.GetTimestamp()); Stopwatch.GetElapsedTime(last) < TimeSpan.FromMilliseconds(300);)
            {
                token.ThrowIfCancellationRequested();
                if (relay.ToListener != count)
                    (count, last) = (relay.ToListener, Stopwatch.GetTimestamp());
                await Task.Yield();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await dialed.DisposeAsync();
            await accepted.DisposeAsync();
            await endpoints.DisposeAsync();
            await relay.DisposeAsync();
        }

        private static async Task WriteAsync(ITransportConnection connection, byte[] bytes, CancellationToken token)
        {
            var stream = await connection.OpenUniAsync(token);
            await stream.WriteAsync(bytes, token);
            stream.Finish();
            await stream.Closed.WaitAsync(token);
        }
    }
}
