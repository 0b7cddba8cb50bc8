using System.Net;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests.Door;

[Parallelizable(ParallelScope.All)]
public class DialPathTests
{
    private static readonly NetworkPath[] Candidates = [PathTo(1), PathTo(2), PathTo(3)];

    [Test]
    public void UntilTheEndOfTheHandshake_TheLastCandidateThatAnsweredIsChosen()
    {
        var dial = new DialPath(null!, Candidates);
        Assert.That((dial.Chosen, dial.IsOpen), Is.EqualTo(((NetworkPath?)null, true)));
        Assert.That(dial.OnArrived(Candidates[1]), Is.EqualTo(dial.Constant));
        Assert.That(dial.OnArrived(Candidates[2]), Is.EqualTo(dial.Constant));
        Assert.That(dial.Chosen, Is.EqualTo(Candidates[2]));
        Assert.That(dial.OnArrived(PathTo(9)), Is.EqualTo(PathTo(9)), "not a candidate");
        dial.Fix();
        Assert.That(dial.OnArrived(Candidates[1]), Is.EqualTo(Candidates[1]), "another path than the one of the connection");
        Assert.That((dial.Chosen, dial.IsOpen), Is.EqualTo(((NetworkPath?)Candidates[2], false)));
    }

    [Test]
    public void AfterARetry_ItsPathIsKept()
    {
        var dial = new DialPath(null!, Candidates);
        dial.OnArrived(Candidates[1]);
        dial.OnRetry();
        Assert.That(dial.OnArrived(Candidates[2]), Is.EqualTo(dial.Constant), "the answer is still one to the dial");
        Assert.That((dial.Chosen, dial.IsOpen), Is.EqualTo(((NetworkPath?)Candidates[1], false)));
    }

    private static NetworkPath PathTo(int host) =>
        new(default, NetworkAddress.From(new IPEndPoint(new IPAddress([192, 0, 2, (byte)host]), 1)));
}
