using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reactive.Linq;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class SessionPathTests
{
    [Test]
    [CancelAfter(20_000)]
    public async Task PublisherSees_ThatItsSubscriberHasAnotherAddress(CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync(static options => options with { KeepAlive = TimeSpan.FromMilliseconds(50) });
        var opened = pair.Publisher.SessionEvents().FirstAsync().GetAwaiter();
        await using var session = await pair.ConnectAsync(ct);
        Assert.That(session.Path!.RemoteEndPoint, Is.EqualTo(pair.Relay.Address));
        var atPublisher = (await opened).Session;
        var former = pair.Relay.OuterAddress;
        var paths = new List<EndPoint>();
        var moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watching = atPublisher.PathChanges().Subscribe(
            path =>
            {
                paths.Add(path.RemoteEndPoint);
                if (paths.Count == 1)
                    pair.Relay.Rebind();
                else
                    moved.TrySetResult();
            },
            completed.SetResult);
        await moved.Task.WaitAsync(ct);
        Assert.That(atPublisher.Path!.RemoteEndPoint, Is.EqualTo(pair.Relay.OuterAddress));

        session.Close();
        await completed.Task.WaitAsync(ct);
        Assert.That(paths, Is.EqualTo([former, pair.Relay.OuterAddress]));
        Assert.That(atPublisher.Path!.RemoteEndPoint, Is.EqualTo(pair.Relay.OuterAddress), "the last path stays readable");
    }

    /// <summary>A second caller knows a better address of the peer than the first, whose dial is in progress: it joins that dial.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task AddressOfALaterCaller_JoinsTheDialInProgress(CancellationToken ct)
    {
        await using var endpoints = await Endpoints.CreateAsync();
        await using var publisher = Moq.Serve(endpoints.Listener);
        await using var subscriber = new Moq(endpoints.Dialer);
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var dead = new EndpointAddr(endpoints.Listener.Id, (IPEndPoint)silent.Client.LocalEndPoint!);

        var first = subscriber.ConnectAsync(dead, ct);
        await silent.ReceiveAsync(ct);
        var from = Stopwatch.GetTimestamp();
        await using var second = await subscriber.ConnectAsync(endpoints.Listener.Address, ct);
        Assert.That(Stopwatch.GetElapsedTime(from), Is.LessThan(TimeSpan.FromSeconds(1)));
        await using var same = await first;
        Assert.That(same, Is.EqualTo(second));
        Assert.That(endpoints.Dialer.Loop.ConnectionCount, Is.EqualTo(1), "no second connection was begun");
    }
}
