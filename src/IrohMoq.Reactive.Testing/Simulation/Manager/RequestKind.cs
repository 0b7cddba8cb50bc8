namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Defines how a simulated peer answers requests for tracks and broadcasts on demand, whose names contain the kind of answer.
/// </summary>
internal static class RequestKind
{
    public const string Accepted = "accepted";
    public const string Rejected = "rejected";

    /// <summary>The request is not answered until the reader has left.</summary>
    public const string Ignored = "ignored";

    private static readonly string[] Kinds = [Accepted, Rejected, Ignored];

    /// <summary>Gets the code with which requests are rejected.</summary>
    public static MoqErrorCode Rejection { get; } = MoqErrorCode.FromApplication(5);

    /// <summary>Gets the time after which the reader leaves whose request is ignored.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Returns the kind of the request that is made by a step with the specified value.</summary>
    public static string Of(int value) => Kinds[value / 3 % Kinds.Length];

    /// <summary>Returns the kind that is a segment of a name.</summary>
    public static string In(string name) => Kinds.First(kind => name.Split('/').Contains(kind, StringComparer.Ordinal));
}
