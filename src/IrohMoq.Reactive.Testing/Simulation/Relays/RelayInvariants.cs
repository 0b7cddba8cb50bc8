namespace IrohMoq.Reactive.Testing;

/// <summary>Defines the texts of the invariants of a <see cref="RelayScenario"/>.</summary>
internal static class RelayInvariants
{
    public const string GoesOn = "a reading goes on while there is another way to its publisher";
    public const string EndsAreSaid = "a reading that misses a part of its track fails";

    public static IReadOnlyList<string> All { get; } =
    [
        ManagerInvariants.NothingFails, ManagerInvariants.EveryWaitEnds, ManagerInvariants.FramesInOrder, ManagerInvariants.NothingTwice,
        ManagerInvariants.OneContent, ManagerInvariants.Lossless, ManagerInvariants.SkipsAddUp, ManagerInvariants.FetchIsTrue,
        ManagerInvariants.NothingIsLeft, GoesOn, EndsAreSaid,
    ];
}
