using IrohMoq.Reactive.Connections;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>The contents of a name that have ended are known for some time, and not more of them than a fixed number.</summary>
public sealed class EndedContentsTests
{
    private const int Most = 64;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    [Test]
    public void MoreContentsThanAreKept_TheOldestOnesAreForgotten() => Scene.Run(static async scene =>
    {
        var ended = new EndedContents(scene.Network.Runtime, Time);
        for (var origin = 1UL; origin <= Most; origin++)
            ended.Add(Content(origin));
        Assert.That(ended.Contains(Content(1)), Is.True);
        ended.Add(Content(Most + 1));
        Assert.That((ended.Contains(Content(1)), ended.Contains(Content(2))), Is.EqualTo((false, true)));
        Assert.That(ended.Contains(Content(Most + 1)), Is.True);
        await scene.PauseAsync(Time.TotalSeconds);
        Assert.That(ended.Contains(Content(Most + 1)), Is.False);
    });

    [Test]
    public void ContentThatEndsAgain_IsKnownFromItsLastEndOn() => Scene.Run(static async scene =>
    {
        var ended = new EndedContents(scene.Network.Runtime, Time);
        ended.Add(Content(1));
        await scene.PauseAsync(6);
        ended.Add(Content(1));
        await scene.PauseAsync(6);
        Assert.That(ended.Contains(Content(1)), Is.True);
        await scene.PauseAsync(4);
        Assert.That(ended.Contains(Content(1)), Is.False);
    });

    private static ContentId Content(ulong origin) => new(origin, null);
}
