namespace IrohMoq.Reactive.Testing.Tests.Network;

/// <summary>
/// The same seed gives the same trace, in another process as well: two runs in one process would agree even if state were kept in hash
/// order.
/// </summary>
public sealed class DeterminismTests
{
    [Test]
    public void SameSeed_SameTrace()
    {
        var trace = Swarm.Run(seed: 1);
        Assert.That(trace.Count, Is.GreaterThan(5000));
        Assert.That(Swarm.Run(seed: 1).Sha256, Is.EqualTo(trace.Sha256));
    }

    [Test]
    public void ManySeeds_EachGivesTheSameTraceAgain()
    {
        const int Seeds = 6;
        var traces = new HashSet<string>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var trace = Swarm.Run(seed).Sha256;
            Assert.That(Swarm.Run(seed).Sha256, Is.EqualTo(trace), $"Seed {seed}.");
            traces.Add(trace);
        }

        Assert.That(traces, Has.Count.EqualTo(Seeds), "Another seed is another story.");
    }

    [Test]
    public void SameSeedInAnotherProcess_SameTrace()
    {
        var trace = Swarm.Run(seed: 1).Sha256;
        Assert.That(AnotherProcess.Says(trace), Is.EqualTo(trace));
    }
}
