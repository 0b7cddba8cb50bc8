using System.Diagnostics.Metrics;

namespace IrohMoq.Reactive;

/// <summary>What a meter of this library is called, for OpenTelemetry and others. Instruments: <c>moq.session.active</c>, <c>moq.session.closed</c>, <c>moq.session.skipped</c>, <c>moq.dial.duration</c>.</summary>
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

    /// <summary>How long dials took, by how they ended.</summary>
    internal static Histogram<double> DialDuration { get; } = Meter.CreateHistogram<double>("moq.dial.duration", "s", "How long dials took.");
}
