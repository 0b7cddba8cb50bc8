namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Routes are compared by their values.</summary>
public sealed class BroadcastRouteTests
{
    private static readonly BroadcastRoute Route = new([1, 2], 3, 4, isPrefix: true);

    [Test]
    public void SameValues_AreEqual()
    {
        var same = new BroadcastRoute([1, 2], 3, 4, isPrefix: true);
        Assert.That((Route.Equals(same), Route == same, Route != same), Is.EqualTo((true, true, false)));
        Assert.That(Route.GetHashCode(), Is.EqualTo(same.GetHashCode()));
    }

    [Test]
    public void OtherValues_AreNot()
    {
        BroadcastRoute?[] others =
        [
            new([1, 3], 3, 4, isPrefix: true),
            new([1], 3, 4, isPrefix: true),
            new([1, 2], 0, 4, isPrefix: true),
            new([1, 2], 3, 5, isPrefix: true),
            new([1, 2], 3, 4, isPrefix: false),
            null,
        ];
        foreach (var other in others)
            Assert.That((Route.Equals(other), Route == other, other == Route, Route != other), Is.EqualTo((false, false, false, true)));
        var none = others[^1];
        Assert.That((none == others[^1], Route.Equals((object)"route")), Is.EqualTo((true, false)));
    }
}
