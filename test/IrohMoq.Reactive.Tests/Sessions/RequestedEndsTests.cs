using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Tests.Sessions;

[Parallelizable(ParallelScope.All)]
public sealed class RequestedEndsTests
{
    [Test]
    public void End_IsThatOfItsGroupAndFrameOnly()
    {
        var ends = new RequestedEnds();
        ends.Add(5, 2);
        Assert.That((ends.Contains(5, 2), ends.Contains(5, 3), ends.Contains(4, 2)), Is.EqualTo((true, false, false)));
    }

    /// <summary>A subscriber of a relay that changes its end without end must not fill the memory of the relay.</summary>
    [Test]
    public void EndsThatChangeWithoutEnd_AreBounded_AndTheHighestAreKept()
    {
        var ends = new RequestedEnds();
        for (var i = 0UL; i < 100_000; i++)
            ends.Add(7, i);
        Assert.That(ends.Count, Is.EqualTo(RequestedEnds.MaxKept));
        Assert.That(
            (ends.Contains(7, 99_999), ends.Contains(7, 100_000 - RequestedEnds.MaxKept), ends.Contains(7, 0)),
            Is.EqualTo((true, true, false)));
        ends.Add(8, 0);
        Assert.That(ends.Contains(8, 0), Is.True);
    }
}
