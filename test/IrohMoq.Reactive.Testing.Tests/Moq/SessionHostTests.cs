using IrohMoq.Reactive.Pipeline;
using IrohMoq.Reactive.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>What runs on one connection of a session is told which one carries the session on.</summary>
public sealed class SessionHostTests
{
    [Test]
    public void AnotherConnectionJoins_TheOneThatStaysIsTold_AndAtTheEndNone() => Scene.Run(async scene =>
    {
        var (first, second) = (await CarrierAsync(scene, "bob", 1), await CarrierAsync(scene, "carol", 2));
        var shared = new SharedSession(first, isOutbound: true, scene.Options.Scheduler!, scene.Network.Runtime, NullLogger.Instance);
        var host = first.Session.Host!;
        Assert.That(host.Current, Is.SameAs(first.Session));
        var next = host.NextAsync(first.Session, CancellationToken.None).AsTask();
        await scene.PauseAsync(1);
        Assert.That(next.IsCompleted, Is.False);

        Assert.That(shared.TryJoin(second, main: second), Is.True);
        Assert.That(await next, Is.SameAs(second.Session), "while the first one is drained");
        Assert.That((second.Session.Host, host.Current), Is.EqualTo((host, second.Session)));

        // The second is lost, and its end not reported yet: the first is all there is.
        second.Session.Close(MoqErrorCode.Cancel, "lost");
        await scene.PauseAsync(1);
        Assert.That(await host.NextAsync(second.Session, CancellationToken.None), Is.SameAs(first.Session));
        shared.Leave(second, first);
        var last = host.NextAsync(first.Session, CancellationToken.None).AsTask();
        first.Session.Close(MoqErrorCode.Cancel, "over");
        shared.End(first);
        Assert.That((await last, host.Current), Is.EqualTo(((Session?)null, (Session?)null)));
    });

    [Test]
    public void SessionIsHeldForADial_TheWaitGoesOnUntilItIsHere() => Scene.Run(async scene =>
    {
        var (first, second) = (await CarrierAsync(scene, "bob", 1), await CarrierAsync(scene, "carol", 2));
        var shared = new SharedSession(first, isOutbound: false, scene.Options.Scheduler!, scene.Network.Runtime, NullLogger.Instance);
        var host = first.Session.Host!;
        first.Session.Close(MoqErrorCode.Superseded, "superseded");
        shared.Hold(first);
        var next = host.NextAsync(first.Session, CancellationToken.None).AsTask();
        await scene.PauseAsync(1);
        Assert.That((next.IsCompleted, host.Current), Is.EqualTo((false, (Session?)null)));
        using var stop = new CancellationTokenSource();
        var given = host.NextAsync(first.Session, stop.Token).AsTask();
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await given);
        shared.TryJoin(second, second);
        Assert.That(await next, Is.SameAs(second.Session));
    });

    private static async Task<Carrier> CarrierAsync(Scene scene, string name, long number)
    {
        var listener = scene.AddRaw(name, "moq-lite-03");
        var connection = await scene.AddRaw($"dialer of {name}").ConnectAsync(listener.Address, ["moq-lite-03"]);
        return new Carrier(number, connection, isOutbound: true, scene.Network.Runtime, NullLogger.Instance);
    }
}
