using System.Reactive.Concurrency;

namespace IrohMoq.Reactive.Testing;

/// <summary>A virtual clock that tells when something is due next.</summary>
internal sealed class DueScheduler(DateTimeOffset start) : HistoricalScheduler(start)
{
    /// <summary>When the next thing is due, or null.</summary>
    public DateTimeOffset? NextDue => GetNext()?.DueTime;
}
