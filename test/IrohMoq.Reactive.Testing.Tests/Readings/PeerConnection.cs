using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>A connection of a peer that the test plays, to a manager that has a session with it.</summary>
internal static class PeerConnection
{
    /// <summary>Runs a test with a manager and a raw connection of a peer that has a session with it.</summary>
    public static void Run(Func<Scene, Moq, ITransportConnection, Task> body) => Scene.Run(async scene =>
    {
        var alice = scene.Add("alice");
        var bob = scene.AddRaw("bob");
        var peer = await bob.ConnectAsync(alice.Address, ["moq-lite-03"]);
        await scene.PauseAsync(0.1);
        await alice.Moq.ConnectAsync(bob.Address);
        await body(scene, alice.Moq, peer);
    });
}
