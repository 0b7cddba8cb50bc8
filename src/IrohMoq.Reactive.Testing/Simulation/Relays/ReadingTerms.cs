namespace IrohMoq.Reactive.Testing;

/// <summary>Represents what a reading of a <see cref="RelayScenario"/> requests, drawn from the random values of its step.</summary>
/// <param name="Options">The options of the reader.</param>
/// <param name="IsInPieces">True if the frames are read in the pieces in which they arrive.</param>
internal sealed record ReadingTerms(SubscribeOptions Options, bool IsInPieces)
{
    private const int Policies = 4;
    private const int Ways = 3;
    private const int BoundKinds = 5;
    private const int Distances = 4;
    private const int Frames = 4;

    /// <summary>Gets a value that indicates whether the reading fails when it misses a group.</summary>
    public bool MustMissNothing => Options.MissedGroupPolicy == MissedGroupPolicy.Fail;

    public bool IsInSequence => Options.Order == GroupOrder.Sequence;

    /// <summary>Draws the terms of a reading.</summary>
    /// <param name="name">The name of the broadcast. A reading of a lossless track accepts no missing groups.</param>
    /// <param name="value">The value of the step, which determines order, priority and latency.</param>
    /// <param name="style">The style of the step, which determines the policy, the bounds, and whether pieces are read.</param>
    /// <param name="next">The number of the next group that is written under the name.</param>
    public static ReadingTerms Of(BroadcastPath name, int value, int style, ulong next)
    {
        var options = ReadingStyle.Of(value) with { MissedGroupPolicy = PolicyOf(style) };
        if (Swarm.IsLossless(name))
        {
            var order = options.Order == GroupOrder.Newest ? GroupOrder.Sequence : options.Order;
            options = options with { Order = order, MaxLatency = null };
        }

        return new ReadingTerms(WithBounds(options, style / Policies / Ways, next), IsPieces(style));
    }

    /// <summary>Returns a description of what a style determines, whatever the number of the next group is.</summary>
    public static string TextOf(int style)
    {
        var kind = style / Policies / Ways % BoundKinds;
        var bounds = (HasStart(kind), HasEnd(kind)) switch
        {
            (true, true) => ", from a group to a group",
            (true, false) => ", from a group on",
            (false, true) => ", to a group",
            _ => "",
        };
        return $"{PolicyOf(style)}{bounds}{(IsPieces(style) ? ", in pieces" : "")}";
    }

    /// <summary>Returns the index of the first frame of a group that is read.</summary>
    public int FirstFrameOf(ulong group) => group == Options.Start.Sequence ? Options.FirstFrame : 0;

    /// <summary>Returns the index of the last frame of a group that is read; null if the whole group is.</summary>
    public int? LastFrameOf(ulong group) => group == Options.End ? Options.LastFrame : null;

    private static MissedGroupPolicy PolicyOf(int style) => style % Policies == 0 ? MissedGroupPolicy.Fail : MissedGroupPolicy.Skip;

    private static bool IsPieces(int style) => style / Policies % Ways == 0;

    private static bool HasStart(int kind) => kind is 0 or 1;

    private static bool HasEnd(int kind) => kind is 1 or 2;

    /// <summary>Lets the reading begin or end near the next group, in the middle of a group or not. Most readings have no bounds.</summary>
    private static SubscribeOptions WithBounds(SubscribeOptions options, int drawn, ulong next)
    {
        var kind = drawn % BoundKinds;
        var (before, first) = (drawn / BoundKinds % Distances, drawn / BoundKinds / Distances % Frames);
        var rest = drawn / BoundKinds / Distances / Frames;
        var (length, last) = (rest % Distances, rest / Distances % Frames);
        var start = next - Math.Min(next, (ulong)before);
        if (HasStart(kind))
            options = options with { Start = GroupStart.From(start), FirstFrame = first };
        if (HasEnd(kind))
            options = options with { End = start + (ulong)(2 * length), LastFrame = last == 0 ? null : last };
        return options;
    }
}
