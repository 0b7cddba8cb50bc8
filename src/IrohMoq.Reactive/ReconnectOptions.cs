namespace IrohMoq.Reactive;

/// <summary>How long to wait between dials of one peer, and when to stop.</summary>
public sealed record ReconnectOptions
{
    /// <summary>The defaults.</summary>
    public static ReconnectOptions Default { get; } = new();

    /// <summary>The wait after the first failure, more than nothing; it doubles with each further one. The default is 1 s.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait, <see cref="FirstDelay"/> or more. The default is 5 s.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// By which part a wait may be shorter, drawn anew each time from <see cref="MoqOptions.Seed"/>, 0 to 1: so that those who lost a peer
    /// together do not come back together. The default is 0.25.
    /// </summary>
    public double Jitter { get; init; } = 0.25;

    /// <summary>
    /// How long a session must have lasted, 0 or more, for its end to be the first failure again. One that is shorter is a failed dial like
    /// the others. The default is 10 s.
    /// </summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many dials in a row may fail before it gives up, 1 or more; null, the default, is no limit.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>
    /// How long after the beginning, or after the end of the last stable session, it may still dial, 0 or more: after a failed dial it
    /// gives up if the next one would be later. Null, the default, is no limit.
    /// </summary>
    public TimeSpan? GiveUpAfter { get; init; }

    internal void Validate()
    {
        if (FirstDelay <= TimeSpan.Zero)
            throw Bad(nameof(FirstDelay), FirstDelay, "must be more than nothing");
        if (MaxDelay < FirstDelay)
            throw Bad(nameof(MaxDelay), MaxDelay, "must be FirstDelay or more");
        if (Jitter is not (>= 0 and <= 1))
            throw Bad(nameof(Jitter), Jitter, "must be 0 to 1");
        if (StableAfter < TimeSpan.Zero)
            throw Bad(nameof(StableAfter), StableAfter, "must be 0 or more");
        if (MaxAttempts < 1)
            throw Bad(nameof(MaxAttempts), MaxAttempts, "must be 1 or more");
        if (GiveUpAfter < TimeSpan.Zero)
            throw Bad(nameof(GiveUpAfter), GiveUpAfter, "must be 0 or more");
    }

    private static ArgumentOutOfRangeException Bad(string property, object? value, string rule) => new(property, value, $"ReconnectOptions.{property} {rule}.");
}
