namespace IrohMoq.Reactive.Testing;

/// <summary>Defines the texts of the invariants of a <see cref="ManagerScenario"/>.</summary>
internal static class ManagerInvariants
{
    public const string NothingFails = SimulationScenario.NothingFails;
    public const string EveryWaitEnds = SimulationScenario.EveryWaitEnds;
    public const string OpenedFirst = "every observer sees the opening of a session before its closing";
    public const string FramesInOrder = "the frames received are a subsequence of the frames sent";
    public const string NothingTwice = "nothing is received twice";
    public const string OneContent = "everything that a reader receives is of one broadcast";
    public const string OneSession = "a pair of peers has one session when all has settled";
    public const string AllVisible = "every live broadcast is visible to every connected peer";
    public const string NoLeak = "no session is left without a connection, and no connection without a session";
    public const string Progress = "a healthy reader makes progress, whatever other readers do";
    public const string Lossless = "a lossless reader gets every group whole, or fails";
    public const string SkipsAddUp = "the groups that a reader gets and those reported as skipped add up";
    public const string MemoryIsBounded = "memory is bounded by the options";
    public const string NothingIsLeft = "no subscription, block or timer is left when all readers have left";
    public const string StreamsAreTrue = "the state that a stream of changes adds up to is the true state";
    public const string ReconnectEnds = "a peer that reconnects has a session with a peer that can be reached";
    public const string RefusedStayOut = "a peer that is not admitted has no session and sees no broadcast";
    public const string FetchIsTrue = "a group is fetched as it was written, or refused if it is not kept";
    public const string RequestsAreAnswered = "a track on demand is read as its request was answered";

    public static IReadOnlyList<string> All { get; } =
    [
        NothingFails, EveryWaitEnds, OpenedFirst, FramesInOrder, NothingTwice, OneContent, OneSession, AllVisible, NoLeak, Progress,
        Lossless, SkipsAddUp, MemoryIsBounded, NothingIsLeft, StreamsAreTrue, ReconnectEnds, RefusedStayOut, FetchIsTrue,
        RequestsAreAnswered,
    ];
}
