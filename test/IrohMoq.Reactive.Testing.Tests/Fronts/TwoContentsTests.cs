namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// Two publishers of one name, each at a relay of its own. The relays publish what they read by name, also to each other, so that each is
/// told of what the other one has.
/// </summary>
public sealed class TwoContentsTests
{
    private static readonly string[] Versions = ["moq-lite-03", .. TwoRelays.Versions];

    [Test]
    public void RelaysThatMeet_DoNotTakeTheNameInTurn(
        [ValueSource(nameof(Versions))] string version, [Values] bool isAnotherBetween) => RelayMesh.Run(version, async mesh =>
    {
        var (a, b) = (mesh.Add("a"), mesh.Add("b"));
        var other = mesh.Scene.Add("other", new MoqOptions { Protocols = [version] });
        using var published = other.Moq.Publish(RelayMesh.Name, mesh.Scene.Saying("other"));
        await a.ConnectAsync(mesh.Publisher);
        await b.ConnectAsync(other);
        await mesh.Scene.PauseAsync(1);
        Assert.That((a.Had.Count, b.Had.Count), Is.EqualTo((1, 1)));
        var between = isAnotherBetween ? mesh.Add("between") : b;
        await a.ConnectAsync(between.Player);
        if (isAnotherBetween)
            await between.ConnectAsync(b.Player);
        await mesh.Scene.PauseAsync(5);
        var had = (a.Had.Count, b.Had.Count, between.Had.Count);
        Assert.That(new[] { had.Item1, had.Item2, had.Item3 }, Is.All.LessThanOrEqualTo(4));

        // Nothing changes any more.
        await mesh.Scene.PauseAsync(60);
        Assert.That((a.Had.Count, b.Had.Count, between.Had.Count), Is.EqualTo(had));
        Assert.That((a.IsLive, b.IsLive, between.IsLive), Is.EqualTo((true, true, true)));
    });
}
