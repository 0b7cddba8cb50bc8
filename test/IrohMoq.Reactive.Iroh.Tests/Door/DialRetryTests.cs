using System.Net;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class DialRetryTests
{
    private static readonly NetworkPath[] Candidates = [PathTo(1), PathTo(2), PathTo(3)];

    [Test]
    public void AfterARetry_ItsPathIsKept()
    {
        var dial = new DialPath(null!, Candidates);
        dial.OnArrived(Candidates[1]);
        dial.Choose();
        dial.OnRetry();
        Assert.That(dial.OnArrived(Candidates[2]), Is.EqualTo(dial.Constant), "the answer is still one to the dial");
        dial.Choose();
        Assert.That((dial.Chosen, dial.IsOpen), Is.EqualTo(((NetworkPath?)Candidates[1], false)));
    }

    private static NetworkPath PathTo(int host) =>
        new(default, NetworkAddress.From(new IPEndPoint(new IPAddress([192, 0, 2, (byte)host]), 1)));
}
