using System.Reactive.Linq;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Each promise that is broken on purpose is found in a harsh world, and reported with a short program.</summary>
public sealed class HarshMutantTests
{
    private static readonly ManagerOptions Harsh = new() { Harsh = true };

    public static IEnumerable<TestCaseData> Broken =>
    [
        Case(HarshMutants.DoubledGroup, ManagerInvariants.NothingTwice),
        Case(HarshMutants.LostGroup, ManagerInvariants.Lossless),
        Case(HarshMutants.Standstill, ManagerInvariants.Progress),
        Case(HarshMutants.KeptMemory, ManagerInvariants.MemoryIsBounded),
        Case(HarshMutants.LeakedBlock, ManagerInvariants.NothingIsLeft),
        Case(HarshMutants.LeakedReader, ManagerInvariants.NothingIsLeft),
        Case(HarshMutants.LeakedTimer, ManagerInvariants.NothingIsLeft),
        Case(HarshMutants.KeptAfterBreak, ManagerInvariants.NothingIsLeft),
        Case(HarshMutants.UnseenSessionEnd, ManagerInvariants.EveryWaitEnds),
        Case(nameof(HarshMutants.NoResume), Harsh with { Flow = HarshMutants.NoResume }, ManagerInvariants.Progress),
        Case(nameof(HarshMutants.WithheldAwaited), Harsh with { Flow = HarshMutants.WithheldAwaited }, ManagerInvariants.Progress),
        Case(nameof(HarshMutants.UnreportedSkip), Harsh with { GroupSkipped = HarshMutants.UnreportedSkip }, ManagerInvariants.SkipsAddUp),
        Case(nameof(HarshMutants.DoubledSkip), HarshMutants.DoubledSkip(Harsh), ManagerInvariants.SkipsAddUp),
        Case(nameof(HarshMutants.UncountedSkip), HarshMutants.UncountedSkip(Harsh), ManagerInvariants.SkipsAddUp),
        Case(
            "UnendedAnnouncement",
            Harsh with { AnnouncementFault = static source => source.Where(static one => one.IsActive) },
            ManagerInvariants.StreamsAreTrue),
        Case(
            "LostReconnection",
            Harsh with { ReconnectFault = static source => source.Where(static (_, index) => index == 0) },
            ManagerInvariants.ReconnectEnds),
        Case(nameof(HarshMutants.FetchedNext), Harsh with { Fetch = HarshMutants.FetchedNext }, ManagerInvariants.FetchIsTrue),
        Case(nameof(HarshMutants.FetchRefused), Harsh with { Fetch = HarshMutants.FetchRefused }, ManagerInvariants.FetchIsTrue),
        Case(nameof(HarshMutants.FetchedInPart), Harsh with { Fetch = HarshMutants.FetchedInPart }, ManagerInvariants.FetchIsTrue),
        Case(
            nameof(HarshMutants.RejectedIsAccepted),
            Harsh with { RequestAnswer = HarshMutants.RejectedIsAccepted },
            ManagerInvariants.RequestsAreAnswered),
        Case(
            nameof(HarshMutants.AcceptedIsRejected),
            Harsh with { RequestAnswer = HarshMutants.AcceptedIsRejected },
            ManagerInvariants.RequestsAreAnswered),
        Case("IgnoredAdmission", Harsh with { IgnoresAdmission = true }, ManagerInvariants.RefusedStayOut),
    ];

    [TestCaseSource(nameof(Broken))]
    [CancelAfter(120_000)]
    public void BrokenPromise_IsFoundAndReported(object broken, string invariant)
    {
        var options = (ManagerOptions)broken;
        bool IsFound(SimulationResult result) => result.Violation?.Invariant == invariant;
        var seed = Seeds.Run(
            seed => options with { Simulation = new SimulationOptions { Seed = seed, Shrink = false } }, IsFound).First(IsFound).Seed;

        var result = ManagerScenario.Run(options with { Simulation = new SimulationOptions { Seed = seed } });
        var found = result.Violation!;
        TestContext.Out.WriteLine(found);
        Assert.That(found.Invariant, Is.EqualTo(invariant), "the seed reproduces it");
        Assert.That(result.Invariants, Does.Contain(found.Invariant));
        Assert.That(found.Program, Has.Count.InRange(1, 20), "it is shrunk");
        Assert.That(found.ToString(), Does.Contain(found.Expected).And.Contain(found.Seen));
    }

    private static TestCaseData Case(string name, ManagerOptions options, string invariant) =>
        new TestCaseData(options, invariant).SetArgDisplayNames(name);

    private static TestCaseData Case(ReaderFault fault, string invariant) =>
        Case(fault.Method.Name, Harsh with { ReaderFault = fault }, invariant);
}
