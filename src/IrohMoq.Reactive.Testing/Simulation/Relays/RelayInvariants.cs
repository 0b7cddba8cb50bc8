namespace IrohMoq.Reactive.Testing;

/// <summary>Defines the texts of the invariants of a <see cref="RelayScenario"/>.</summary>
internal static class RelayInvariants
{
    public const string GoesOn = "a reading goes on while there is another way to its publisher";
    public const string EndsAreSaid = "a reading that misses a part of its track fails";

    public const string InSequence = "a reading in sequence order gets the groups in the order of their numbers";
    public const string FailsWhenMissed = "a reading that may miss nothing fails when it has missed a group, and only then";
    public const string WithinBounds = "a reading gets what is within its bounds, and nothing else, and ends";
    public const string PiecesAreTrue = "the pieces of a frame are its bytes in their order, and no more than were written";
    public const string DatagramsAreTrue = "a group that is sent as a datagram arrives once and as it was written, or not at all";
    public const string WritersAreHeld = "a writer of a lossless track is held while a reader has too much to read, and only then";
    public const string RatesAreTrue = "the estimates of a peer are those of the network, and end with the session";

    public static IReadOnlyList<string> All { get; } =
    [
        ManagerInvariants.NothingFails, ManagerInvariants.EveryWaitEnds, ManagerInvariants.FramesInOrder, ManagerInvariants.NothingTwice,
        ManagerInvariants.OneContent, ManagerInvariants.Lossless, ManagerInvariants.SkipsAddUp, ManagerInvariants.FetchIsTrue,
        ManagerInvariants.NothingIsLeft, GoesOn, EndsAreSaid, InSequence, FailsWhenMissed, WithinBounds,
        PiecesAreTrue, DatagramsAreTrue, WritersAreHeld, RatesAreTrue,
    ];
}
