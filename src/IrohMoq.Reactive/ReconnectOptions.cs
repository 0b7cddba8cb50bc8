using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>
/// Provides the delays and limits of <see cref="Moq.Reconnect"/>, which dials a peer again when a dial has failed or a session has
/// ended. Every property validates its value when it is set.
/// </summary>
public sealed record ReconnectOptions
{
    /// <summary>Gets the default options.</summary>
    public static ReconnectOptions Default { get; } = new();

    /// <summary>
    /// Gets the delay after the first failure. The delay doubles with each further failure. The value must be greater than zero and at
    /// most 49 days. The default is 1 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan FirstDelay { get; init => field = Delay(value); } = TimeSpan.FromSeconds(1);

    /// <summary>Gets the maximum delay, from <see cref="FirstDelay"/> to 49 days. The default is 5 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan MaxDelay { get; init => field = Delay(value); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets the maximum fraction by which a delay is randomly shortened, from 0 to 1. The jitter prevents clients that lost a peer at
    /// the same time from dialing it again at the same time. <see cref="MoqOptions.Seed"/> is the seed of the random numbers. The
    /// default is 0.25.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double Jitter
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw Bad(nameof(Jitter), value, "must be from 0 to 1");
    } = 0.25;

    /// <summary>
    /// Gets the minimum duration of a stable session, 0 or more. The end of a stable session resets the delay and the number of failures;
    /// the end of a shorter session counts as a failed dial. The default is 10 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan StableAfter { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the maximum number of consecutive failed dials, 1 or more. With null, the default, there is no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int? MaxAttempts
    {
        get;
        init => field = value is null or >= 1 ? value : throw Bad(nameof(MaxAttempts), value, "must be 1 or more");
    }

    /// <summary>
    /// Gets the maximum time after the start, or after the end of the last stable session, within which a dial may begin; 0 or more. If
    /// a dial has failed and the next one would begin later, no further dial is made. With null, the default, there is no limit.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? GiveUpAfter { get; init => field = value is { } time ? NotNegative(time) : null; }

    /// <summary>
    /// Gets the path and the role with which the peer is dialed, or null, the default, for any session with the peer. See
    /// <see cref="Moq.ConnectAsync(EndpointAddr, SessionRequest, CancellationToken)"/>.
    /// </summary>
    public SessionRequest? Request { get; init; }

    // The maximum interval of a timer is slightly longer.
    private static TimeSpan LongestDelay { get; } = TimeSpan.FromDays(49);

    /// <summary>Throws an exception if the values are inconsistent.</summary>
    internal void Validate()
    {
        if (MaxDelay < FirstDelay)
            throw Bad(nameof(MaxDelay), MaxDelay, "must be FirstDelay or more");
    }

    private static TimeSpan Delay(TimeSpan value, [CallerMemberName] string property = "") =>
        value > TimeSpan.Zero && value <= LongestDelay
            ? value
            : throw Bad(property, value, "must be greater than zero and at most 49 days");

    private static TimeSpan NotNegative(TimeSpan value, [CallerMemberName] string property = "") =>
        value >= TimeSpan.Zero ? value : throw Bad(property, value, "must be 0 or more");

    private static ArgumentOutOfRangeException Bad(string property, object? value, string rule) =>
        new(property, value, $"ReconnectOptions.{property} {rule}.");
}
