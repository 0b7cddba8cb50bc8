using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>A reading on one of the connections of a session moves to the connection that stays.</summary>
public sealed class ConnectionSetTests
{
    [Test]
    public void AnotherConnectionJoins_WaitersGetIt_AndAtTheEndNone() => Scene.Run(async scene =>
    {
        var (first, second) = (await ConnectAsync(scene, "bob", 1), await ConnectAsync(scene, "carol", 2));
        var shared = new SharedSession(first, isOutbound: true, scene.Network.Runtime, NullLogger.Instance);
        var host = first.Host!;
        Assert.That(host.Current, Is.SameAs(first));
        var next = host.NextAsync(first, CancellationToken.None).AsTask();
        await scene.PauseAsync(1);
        Assert.That(next.IsCompleted, Is.False);

        shared.Connections.Add(second, preferred: second);
        Assert.That(await next, Is.SameAs(second), "while the first one is drained");
        Assert.That((second.Host, host.Current), Is.EqualTo((host, second)));

        // The second connection is lost, and its end is not reported yet: only the first one is open.
        second.Close(MoqErrorCode.Cancel, "lost");
        await scene.PauseAsync(1);
        Assert.That(await host.NextAsync(second, CancellationToken.None), Is.SameAs(first));
        shared.Connections.Remove(second, first);
        var last = host.NextAsync(first, CancellationToken.None).AsTask();
        first.Close(MoqErrorCode.Cancel, "over");
        shared.End();
        Assert.That((await last, host.Current), Is.EqualTo(((MoqConnection?)null, (MoqConnection?)null)));
    });

    [Test]
    public void ReaderOnAnOpenConnection_WaitsForThePreferredOne_AndDoesNotMoveToAnyOther() => Scene.Run(async scene =>
    {
        var (first, second) = (await ConnectAsync(scene, "bob", 1), await ConnectAsync(scene, "carol", 2));
        var preferred = await ConnectAsync(scene, "dave", 3);
        var shared = new SharedSession(first, isOutbound: true, scene.Network.Runtime, NullLogger.Instance);
        var host = first.Host!;
        shared.Connections.Add(second, preferred: first);
        shared.Connections.Add(preferred, preferred: preferred);
        // The preferred connection is lost, and its end is not reported yet.
        preferred.Close(MoqErrorCode.Cancel, "lost");
        await scene.PauseAsync(1);
        Assert.That(await host.NextAsync(preferred, CancellationToken.None), Is.SameAs(first));
        var waits = new[] { first, second }.Select(at => host.NextAsync(at, CancellationToken.None).AsTask()).ToArray();
        await scene.PauseAsync(1);
        Assert.That(waits.Select(static wait => wait.IsCompleted), Is.All.False);
        shared.Connections.Remove(preferred, first);
        await scene.PauseAsync(1);
        Assert.That((waits[0].IsCompleted, await waits[1]), Is.EqualTo((false, first)));
        shared.Connections.Remove(first, second);
        Assert.That(await waits[0], Is.SameAs(second));
    });

    [Test]
    public void SessionIsParkedForADial_TheWaitLastsUntilTheConnectionJoins() => Scene.Run(async scene =>
    {
        var (first, second) = (await ConnectAsync(scene, "bob", 1), await ConnectAsync(scene, "carol", 2));
        var shared = new SharedSession(first, isOutbound: false, scene.Network.Runtime, NullLogger.Instance);
        var host = first.Host!;
        first.Close(MoqErrorCode.Superseded, "superseded");
        shared.Connections.Remove(first, null);
        var next = host.NextAsync(first, CancellationToken.None).AsTask();
        await scene.PauseAsync(1);
        Assert.That((next.IsCompleted, host.Current), Is.EqualTo((false, (MoqConnection?)null)));
        using var stop = new CancellationTokenSource();
        var given = host.NextAsync(first, stop.Token).AsTask();
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await given);
        shared.Connections.Add(second, second);
        Assert.That(await next, Is.SameAs(second));
    });

    private static async Task<MoqConnection> ConnectAsync(Scene scene, string name, long number)
    {
        var listener = scene.AddRaw(name, "moq-lite-03");
        var connection = await scene.AddRaw($"dialer of {name}").ConnectAsync(listener.Address, ["moq-lite-03"]);
        return new MoqConnection(number, connection, isOutbound: true, scene.Network.Runtime, SessionLimits.Default, NullLogger.Instance);
    }
}
