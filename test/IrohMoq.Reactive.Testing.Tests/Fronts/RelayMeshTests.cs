using IrohMoq.Reactive.Testing.Tests.Manager;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// Relays that publish what they read by name, also to each other: no peer is served with what is read from it, so that the relays know
/// when the publisher has gone, and a relay that loses the publisher reads from another one.
/// </summary>
public sealed class RelayMeshTests
{
    private static readonly string[] Versions = TwoRelays.Versions;

    [Test]
    public void PublisherIsLost_NoRelayKeepsTheBroadcast(
        [ValueSource(nameof(Versions))] string version, [Values] bool isRead) => RelayMesh.Run(version, async mesh =>
    {
        var (a, b) = await PairAsync(mesh);
        Task[] readings = isRead ? [a.ReadAsync("live"), b.ReadAsync("live")] : [];
        await mesh.Scene.PauseAsync(1);
        mesh.Scene.Network.Kill(mesh.Publisher.Moq);
        await mesh.Scene.PauseAsync(5);
        Assert.That((a.IsLive, b.IsLive), Is.EqualTo((false, false)));
        foreach (var reading in readings)
            await Failure.OfAsync<MoqException>(async () => await reading);
    });

    [Test]
    public void RelayLosesThePublisher_AndReadsFromTheOtherOne(
        [ValueSource(nameof(Versions))] string version,
        [Values] bool isReadByBoth,
        [Values] bool isSilent) => RelayMesh.Run(version, async mesh =>
    {
        var (a, b) = await PairAsync(mesh);
        Task<List<int>>[] readings = isReadByBoth ? [a.ReadAsync("live"), b.ReadAsync("live")] : [a.ReadAsync("live")];
        await mesh.Scene.PauseAsync(1);
        if (isSilent)
            mesh.Scene.Network.Partition(mesh.Publisher.Moq, a.Player.Moq);
        else
            a.Upstream.Close();
        foreach (var reading in readings)
            TwoRelays.AssertWhole(await reading);
        Assert.That((a.Had.Count, b.Had.Count), Is.EqualTo((1, 1)));
    });

    /// <summary>A relay that reads from another one is not served by it, and so does not learn of a way that leads back to it.</summary>
    [Test]
    public void RelayThatReadsFromAnother_IsNotAWayForIt(
        [ValueSource(nameof(Versions))] string version) => RelayMesh.Run(version, async mesh =>
    {
        var (a, b) = await PairAsync(mesh);
        var reading = a.ReadAsync("live");
        await mesh.Scene.PauseAsync(0.5);
        a.Upstream.Close();
        await mesh.Scene.PauseAsync(0.5);
        Assert.That(a.Had[^1].Route.Hops, Has.Count.EqualTo(2), "It reads over the other relay.");
        var session = await b.SessionAsync(a);
        var time = TimeSpan.FromSeconds(0.5);
        await Failure.OfAsync<MoqNotAnnouncedException>(async () => await session.SubscribeAsync(RelayMesh.Name, time));
        TwoRelays.AssertWhole(await reading);
        if (version == "moq-lite-06")
            return;
        // A version that can announce only names lets other ones be requested.
        var requested = await session.RequestBroadcastAsync(RelayMesh.Name);
        var refused = await Failure.OfAsync<MoqException>(async () => await Transmission.ReadAsync(requested, "live"));
        Assert.That(refused.Code, Is.EqualTo(MoqErrorCode.NotFound));
    });

    [Test]
    public void LosslessTrack_ArrivesWhole_OrFails([ValueSource(nameof(Versions))] string version) => RelayMesh.Run(version, async mesh =>
    {
        var (a, b) = await PairAsync(mesh);
        Task<List<int>>[] readings = [a.ReadAsync("whole"), b.ReadAsync("whole")];
        await mesh.Scene.PauseAsync(1);
        a.Upstream.Close();
        foreach (var reading in readings)
        {
            try
            {
                TwoRelays.AssertWhole(await reading);
            }
            catch (MoqException lost)
            {
                Assert.That(lost.Message, Does.Contain("whole"));
            }
        }
    });

    private static async Task<(MeshRelay A, MeshRelay B)> PairAsync(RelayMesh mesh)
    {
        var (a, b) = (mesh.Add("relay a"), mesh.Add("relay b"));
        a.Upstream = await a.ConnectAsync(mesh.Publisher);
        b.Upstream = await b.ConnectAsync(mesh.Publisher);
        await a.ConnectAsync(b.Player);
        await mesh.Scene.PauseAsync(0.5);
        return (a, b);
    }
}
