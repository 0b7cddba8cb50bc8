using System.Diagnostics.Metrics;

namespace IrohMoq.Reactive;

/// <summary>
/// What a meter of this library is called, for OpenTelemetry and others. Instruments of sessions: <c>moq.session.active</c>,
/// <c>moq.session.closed</c>, <c>moq.session.skipped</c>, <c>moq.dial.duration</c>.
/// Instruments of what sessions carry: <c>moq.group.skipped</c>, groups that readers missed; <c>moq.group.reset</c>, groups that this side
/// gave up while they were sent, or refused; <c>moq.reader.cut</c>, readers that were cut off
/// because they were too slow. Each says by <c>moq.side</c> where the reader is: <c>local</c> for a track that is read here, <c>remote</c>
/// for one that is published here. Readers in the same process as the publisher are not counted.
/// <c>moq.log.failed</c> counts the log entries that the application's logger threw for.
/// </summary>
public static class MoqTelemetry
{
    /// <summary>The name of the meter.</summary>
    public const string SourceName = "IrohMoq.Reactive";

    private static readonly Meter Meter = new(SourceName);

    /// <summary>Sessions that are open now.</summary>
    internal static UpDownCounter<long> SessionsActive { get; } = Meter.CreateUpDownCounter<long>("moq.session.active", "{session}", "Sessions that are open now.");

    /// <summary>Sessions that are over, by cause and code.</summary>
    internal static Counter<long> SessionsClosed { get; } = Meter.CreateCounter<long>("moq.session.closed", "{session}", "Sessions that are over.");

    /// <summary>Notices that subscribers were too slow for.</summary>
    internal static Counter<long> Skipped { get; } = Meter.CreateCounter<long>("moq.session.skipped", "{notice}", "Notices of sessions that a subscriber was too slow for.");

    /// <summary>Groups that readers missed, wherever they were lost.</summary>
    internal static Counter<long> GroupsSkipped { get; } = Meter.CreateCounter<long>("moq.group.skipped", "{group}", "Groups that readers missed.");

    /// <summary>Groups whose streams this side ended early, but for those that nobody reads any more.</summary>
    internal static Counter<long> GroupsReset { get; } = Meter.CreateCounter<long>("moq.group.reset", "{group}", "Groups that this side gave up or refused.");

    /// <summary>Readers that were cut off because they were too slow.</summary>
    internal static Counter<long> ReadersCut { get; } = Meter.CreateCounter<long>("moq.reader.cut", "{reader}", "Readers that were cut off.");

    /// <summary>Gets the counter of log entries that the application's logger failed for.</summary>
    internal static Counter<long> LogFailures { get; } = Meter.CreateCounter<long>("moq.log.failed", "{entry}", "Log entries that the logger failed for.");

    /// <summary>Counts for readers here.</summary>
    internal static void AddLocal(this Counter<long> counter, long count) => Add(counter, count, "local");

    /// <summary>Counts for readers at the peer.</summary>
    internal static void AddRemote(this Counter<long> counter, long count) => Add(counter, count, "remote");

    private static void Add(Counter<long> counter, long count, string side)
    {
        if (count > 0)
            counter.Add(count, new KeyValuePair<string, object?>("moq.side", side));
    }

    /// <summary>How long dials took, by how they ended.</summary>
    internal static Histogram<double> DialDuration { get; } = Meter.CreateHistogram<double>("moq.dial.duration", "s", "How long dials took.");
}
