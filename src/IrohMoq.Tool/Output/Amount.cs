namespace IrohMoq.Tool.Output;

/// <summary>Formats numbers of things for people.</summary>
internal static class Amount
{
    /// <summary>Returns a number and the word for what is counted, such as "1 group" or "28,016 groups".</summary>
    /// <param name="count">The number.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="many">The word for several, or null if an "s" at the end makes it.</param>
    public static string Of(long count, string one, string? many = null) => $"{count:N0} {(count == 1 ? one : many ?? $"{one}s")}";

    /// <summary>Returns the sentence that groups are missing, such as "1 group is missing".</summary>
    /// <param name="missing">The number of groups that have not arrived completely.</param>
    /// <param name="incomplete">The number of those of which a part has arrived.</param>
    public static string OfMissing(long missing, long incomplete) =>
        $"{Of(missing, "group is", "groups are")} missing"
        + (incomplete == 0 ? "" : incomplete == missing ? " in part" : $", {incomplete:N0} of them in part");
}
