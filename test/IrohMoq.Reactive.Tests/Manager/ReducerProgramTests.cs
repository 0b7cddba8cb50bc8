using CsCheck;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Tests.Manager;

/// <summary>
/// Random programs of events are checked against <see cref="ReducerModel"/>, and every kind of event is reduced in every shape of state
/// that they reach.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReducerProgramTests
{
    private const int Programs = 1_500;
    private const int LongestProgram = 80;

    private static readonly Gen<int[]> Program = Gen.Int.Array[1, LongestProgram];

    [TestCase(1000, 1000, false)]
    [TestCase(1000, 1000, true)]
    [TestCase(3, 2, false)]
    [TestCase(3, 2, true)]
    public void RandomPrograms_KeepWhatTheOutsideReliesOn(int connections, int connectionsPerPeer, bool announceOnAccept)
    {
        var terms = new ReducerConfig(Peers.Id(8), connections, connectionsPerPeer, announceOnAccept);
        Program.Sample(program => new ReducerWorld(terms).Run(program), iter: Programs);
    }

    [Test]
    public void EveryEventInEveryShapeThatProgramsFound_LeavesAConsistentState()
    {
        var table = new ReducerCoverage();
        foreach (var gated in new[] { false, true })
        {
            var terms = new ReducerConfig(Peers.Id(8), 1000, 1000, gated);
            Program.Sample(
                program => new ReducerWorld(terms) { Stepping = table.Add }.Run(program),
                iter: 6 * Programs,
                threads: 1,
                seed: "0000000000001");
        }

        var found = table.Pairs;
        table.Complete();
        TestContext.Out.WriteLine(table.ToString());
        TestContext.Out.WriteLine(
            $"{table.Shapes} shapes of state and {ReducerCoverage.Kinds.Count} kinds of events make "
            + $"{table.Shapes * ReducerCoverage.Kinds.Count} pairs: the programs found {found} of them, "
            + $"and {table.Pairs - found} were made beside.");
        Assert.That(table.Shapes, Is.GreaterThan(30), "the programs go far enough");
        Assert.That(found, Is.GreaterThan(table.Shapes * ReducerCoverage.Kinds.Count / 2));
    }
}
