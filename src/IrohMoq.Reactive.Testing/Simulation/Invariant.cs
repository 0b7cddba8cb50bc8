namespace IrohMoq.Reactive.Testing;

/// <summary>What has to hold, after every step or once everything has settled.</summary>
/// <param name="Name">In a sentence.</param>
internal sealed record Invariant(string Name)
{
    public static readonly Invariant OpenedFirst = new("closing never precedes opening, for any observer");
    public static readonly Invariant FramesInOrder = new("frames received are a subsequence of frames sent");
    public static readonly Invariant WaitsEnd = new("every waiter is completed in time");
    public static readonly Invariant NothingFails = new("nothing fails inside");
    public static readonly Invariant OneSession = new("no duplicate sessions per pair after settling");
    public static readonly Invariant AllVisible = new("every live broadcast is visible to every connected peer");
    public static readonly Invariant NoLeak = new("no leaked session");
    public static readonly Invariant Progress = new("a healthy reader reads on, whatever is beside it");
    public static readonly Invariant Exact = new("a lossless reader gets every group whole, or is told that it does not");
    public static readonly Invariant AddsUp = new("what a reader gets and what it is told as skipped add up");
    public static readonly Invariant Bounded = new("what is kept in memory is bounded by the options");
    public static readonly Invariant AllEnds = new("no subscription, block or timer is left when all have left");

    /// <summary>Those that are checked.</summary>
    public static readonly IReadOnlyList<Invariant> Checked =
        [OpenedFirst, FramesInOrder, WaitsEnd, NothingFails, OneSession, AllVisible, NoLeak, Progress, Exact, AddsUp, Bounded, AllEnds];
}
