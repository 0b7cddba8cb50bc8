using System.Diagnostics.Metrics;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands.Publish;

/// <summary>Counts the groups that slow readers of the published track did not get, from the measurements of the library.</summary>
internal sealed class DroppedGroups : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;

    public DroppedGroups()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == MoqTelemetry.SourceName && instrument.Name is "moq.group.skipped" or "moq.group.reset")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "moq.side", Value: "remote" })
                    Interlocked.Add(ref _count, value);
            }
        });
        _listener.Start();
    }

    /// <summary>Gets the number of groups, each counted for every reader that did not get it.</summary>
    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
