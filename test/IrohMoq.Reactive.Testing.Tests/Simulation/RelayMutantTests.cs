namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Each promise of broadcasts with several ways that is broken on purpose is found, and reported with a short program.</summary>
public sealed class RelayMutantTests
{
    public static IEnumerable<TestCaseData> Broken =>
    [
        Case(nameof(RelayMutants.OneWay), new RelayOptions { Subscribe = RelayMutants.OneWay }, RelayInvariants.GoesOn),
        Case(RelayMutants.Standstill, RelayInvariants.GoesOn),
        Case(RelayMutants.UnsaidFailure, RelayInvariants.EndsAreSaid),
        Case(RelayMutants.DoubledGroup, ManagerInvariants.NothingTwice),
        Case(RelayMutants.OtherContent, ManagerInvariants.OneContent),
        Case(RelayMutants.LostGroup, ManagerInvariants.Lossless),
        Case(RelayMutants.UnseenCancellation, ManagerInvariants.EveryWaitEnds),
        Case(RelayMutants.LeakedBlock, ManagerInvariants.NothingIsLeft),
        Case("DoubledSkip", new RelayOptions { Skipped = static track => 1000 + track.Skipped }, ManagerInvariants.SkipsAddUp),
        Case("UntoldSkip", new RelayOptions { Skipped = static _ => 0 }, ManagerInvariants.SkipsAddUp),
        Case(RelayMutants.SwappedGroups, RelayInvariants.InSequence),
        Case(RelayMutants.UnseenMiss, RelayInvariants.FailsWhenMissed),
        Case(RelayMutants.FalseMiss, RelayInvariants.FailsWhenMissed),
        Case(RelayMutants.UnseenEnd, RelayInvariants.WithinBounds),
        Case(RelayMutants.UntoldEnd, RelayInvariants.WithinBounds),
        Case(RelayMutants.UnseenLastFrame, RelayInvariants.WithinBounds),
        Case(RelayMutants.DoubledDatagram, RelayInvariants.DatagramsAreTrue),
        Case(nameof(RelayMutants.LostPiece), new RelayOptions { Pieces = RelayMutants.LostPiece }, RelayInvariants.PiecesAreTrue),
        Case(nameof(RelayMutants.DoubledPiece), new RelayOptions { Pieces = RelayMutants.DoubledPiece }, RelayInvariants.PiecesAreTrue),
        Case(nameof(RelayMutants.UntoldAbort), new RelayOptions { Pieces = RelayMutants.UntoldAbort }, RelayInvariants.EndsAreSaid),
        Case(nameof(RelayMutants.EndlessRates), new RelayOptions { Rates = RelayMutants.EndlessRates }, RelayInvariants.RatesAreTrue),
        Case(nameof(RelayMutants.UnknownTimes), new RelayOptions { Rates = RelayMutants.UnknownTimes }, RelayInvariants.RatesAreTrue),
        Case(nameof(RelayMutants.UnheldGroups), new RelayOptions { Append = RelayMutants.UnheldGroups }, RelayInvariants.WritersAreHeld),
        Case(nameof(RelayMutants.UnheldFrames), new RelayOptions { Write = RelayMutants.UnheldFrames }, RelayInvariants.WritersAreHeld),
        Case(RelayMutants.HesitantReading, RelayInvariants.WritersAreHeld),
        Case(nameof(HarshMutants.FetchedNext), new RelayOptions { Fetch = HarshMutants.FetchedNext }, ManagerInvariants.FetchIsTrue),
    ];

    [TestCaseSource(nameof(Broken))]
    [CancelAfter(120_000)]
    public void BrokenPromise_IsFoundAndReported(object broken, string invariant)
    {
        var options = (RelayOptions)broken;
        bool IsFound(SimulationResult result) => result.Violation?.Invariant == invariant;
        var seed = Seeds.Run(
            seed => RelayScenario.Run(options with { Simulation = new SimulationOptions { Seed = seed, Shrink = false } }),
            IsFound,
            Seeds.Count).First(IsFound).Seed;

        var result = RelayScenario.Run(options with { Simulation = new SimulationOptions { Seed = seed } });
        var found = result.Violation!;
        TestContext.Out.WriteLine(found);
        Assert.That(found.Invariant, Is.EqualTo(invariant), "the seed reproduces it");
        Assert.That(result.Invariants, Does.Contain(found.Invariant));
        Assert.That(found.Program, Has.Count.InRange(1, 20), "it is shrunk");
        Assert.That(found.ToString(), Does.Contain(found.Expected).And.Contain(found.Seen));
    }

    private static TestCaseData Case(string name, RelayOptions options, string invariant) =>
        new TestCaseData(options, invariant).SetArgDisplayNames(name);

    private static TestCaseData Case(
        Func<FrontReading, CancellationToken, IAsyncEnumerable<GroupConsumer>> groups, string invariant) =>
        Case(groups.Method.Name, new RelayOptions { Groups = groups }, invariant);
}
