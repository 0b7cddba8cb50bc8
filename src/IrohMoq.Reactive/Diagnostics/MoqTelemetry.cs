using System.Diagnostics.Metrics;

namespace IrohMoq.Reactive;

/// <summary>
/// Provides the name of the meter to which this library reports its measurements, for OpenTelemetry and other listeners.
/// </summary>
/// <remarks>
/// <para>
/// The instruments for sessions are <c>moq.session.active</c>, the number of open sessions; <c>moq.session.closed</c>, the number of
/// sessions that have ended; <c>moq.session.skipped</c>, the number of notices that slow subscribers missed; and
/// <c>moq.dial.duration</c>, the duration of dials in seconds.
/// </para>
/// <para>
/// The instruments for tracks are <c>moq.group.skipped</c>, the number of groups that readers missed; <c>moq.group.reset</c>, the number of
/// groups that this side stopped sending or refused; <c>moq.reader.cut</c>, the number of readers that were disconnected because they were
/// too slow; and <c>moq.datagram.dropped</c>, the number of datagrams that were not sent because there were too many, or that arrived
/// malformed, late, twice or for no reader. Their tag <c>moq.side</c> is <c>local</c> for tracks that are read on this side, and
/// <c>remote</c> for tracks that are published on this side. Readers in the process of the publisher are not counted.
/// </para>
/// <para>The instrument <c>moq.log.failed</c> counts the log entries for which the application's logger threw an exception.</para>
/// </remarks>
public static class MoqTelemetry
{
    /// <summary>The name of the meter.</summary>
    public const string SourceName = "IrohMoq.Reactive";

    private static readonly Meter Meter = new(SourceName);

    /// <summary>Gets the instrument for the number of open sessions.</summary>
    internal static UpDownCounter<long> SessionsActive { get; } =
        Meter.CreateUpDownCounter<long>("moq.session.active", "{session}", "The number of open sessions.");

    /// <summary>Gets the instrument for the number of sessions that have ended, by cause and code.</summary>
    internal static Counter<long> SessionsClosed { get; } =
        Meter.CreateCounter<long>("moq.session.closed", "{session}", "The number of sessions that have ended.");

    /// <summary>Gets the instrument for the number of notices that slow subscribers missed.</summary>
    internal static Counter<long> Skipped { get; } =
        Meter.CreateCounter<long>("moq.session.skipped", "{notice}", "The number of notices of sessions that slow subscribers missed.");

    /// <summary>Gets the instrument for the number of groups that readers missed for any reason.</summary>
    internal static Counter<long> GroupsSkipped { get; } =
        Meter.CreateCounter<long>("moq.group.skipped", "{group}", "The number of groups that readers missed.");

    /// <summary>
    /// Gets the instrument for the number of groups whose streams this side ended early, except for groups without readers.
    /// </summary>
    internal static Counter<long> GroupsReset { get; } =
        Meter.CreateCounter<long>("moq.group.reset", "{group}", "The number of groups that this side stopped sending or refused.");

    /// <summary>Gets the instrument for the number of readers that were disconnected because they were too slow.</summary>
    internal static Counter<long> ReadersCut { get; } =
        Meter.CreateCounter<long>("moq.reader.cut", "{reader}", "The number of readers that were disconnected because they were too slow.");

    /// <summary>Gets the instrument for the number of datagrams that this side did not send or did not accept.</summary>
    internal static Counter<long> DatagramsDropped { get; } =
        Meter.CreateCounter<long>("moq.datagram.dropped", "{datagram}", "The number of datagrams that this side did not send or accept.");

    /// <summary>Gets the instrument for the number of log entries for which the application's logger threw an exception.</summary>
    internal static Counter<long> LogFailures { get; } =
        Meter.CreateCounter<long>("moq.log.failed", "{entry}", "The number of log entries for which the logger threw an exception.");

    /// <summary>Gets the instrument for the duration of dials, by result.</summary>
    internal static Histogram<double> DialDuration { get; } =
        Meter.CreateHistogram<double>("moq.dial.duration", "s", "The duration of dials.");

    /// <summary>Adds to a counter with the tag for tracks that are read on this side.</summary>
    internal static void AddLocal(this Counter<long> counter, long count) => Add(counter, count, "local");

    /// <summary>Adds to a counter with the tag for tracks that are published on this side.</summary>
    internal static void AddRemote(this Counter<long> counter, long count) => Add(counter, count, "remote");

    private static void Add(Counter<long> counter, long count, string side)
    {
        if (count > 0)
            counter.Add(count, new KeyValuePair<string, object?>("moq.side", side));
    }
}
