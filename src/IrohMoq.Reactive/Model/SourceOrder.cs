namespace IrohMoq.Reactive;

/// <summary>
/// Orders the sources of one broadcast. The first one is used: one of which every hop is known, since loops are found by the hops; then the
/// one with the lowest warm cost, then with the lowest cold cost, then with the fewest hops. Of equal routes that of the newest session is
/// used, so that a publisher that has come back wins over its session that has not timed out yet. See moq-lite draft 06, "Routing".
/// </summary>
internal static class SourceOrder
{
    /// <summary>Compares two sources of a broadcast.</summary>
    /// <param name="first">The route of one source, and the number of its session. Newer sessions have higher numbers.</param>
    /// <param name="second">The route of the other source, and the number of its session.</param>
    /// <returns>A negative number if the first source is to be used, a positive one if the second is.</returns>
    public static int Compare((BroadcastRoute Route, long Session) first, (BroadcastRoute Route, long Session) second)
    {
        var (one, other) = (first.Route, second.Route);
        var order = one.HasUnknownHop.CompareTo(other.HasUnknownHop);
        if (order == 0)
            order = one.WarmCost.CompareTo(other.WarmCost);
        if (order == 0)
            order = one.ColdCost.CompareTo(other.ColdCost);
        if (order == 0)
            order = one.Ids.Length.CompareTo(other.Ids.Length);
        return order != 0 ? order : second.Session.CompareTo(first.Session);
    }
}
