using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Commands;

/// <summary>Reads a track to its end, in the order of groups and frames, and writes the payloads to a stream.</summary>
internal sealed class TrackWriter(TrackConsumer track, TrafficMeter meter, Stream? payloads, Runtime runtime)
{
    private readonly DateTimeOffset _began = runtime.GetUtcNow();

    /// <summary>Reads the track to its end.</summary>
    /// <param name="subscribed">The action to call when the first group has arrived.</param>
    /// <param name="interrupted">The token that cancels the operation.</param>
    public async Task ReadAsync(Action subscribed, CancellationToken interrupted)
    {
        var isFirst = true;
        using var reader = track.Open(new SubscribeOptions { Order = GroupOrder.Sequence });
        while (await reader.ReadGroupAsync(interrupted).ConfigureAwait(false) is { } group)
        {
            if (isFirst)
                subscribed();
            isFirst = false;
            meter.Gap(group.Skipped);
            meter.Skipped(reader.Skipped);
            await ReadAsync(group, interrupted).ConfigureAwait(false);
        }

        meter.Skipped(reader.Skipped);
        if (payloads is not null)
            await payloads.FlushAsync(interrupted).ConfigureAwait(false);
    }

    private async Task ReadAsync(GroupConsumer group, CancellationToken interrupted)
    {
        meter.Group();
        try
        {
            await foreach (var frame in group.ReadFramesAsync(interrupted).ConfigureAwait(false))
            {
                meter.Frame(frame.Length);
                // Frames that were sent before the subscription are excluded, because their age is not caused by latency.
                if (ClockSource.TryRead(frame.Payload, out var sent) && sent >= _began)
                    meter.Latency(runtime.GetUtcNow() - sent);
                payloads?.Write(frame.Payload);
            }
        }
        catch (MoqStreamException)
        {
            // A group that its publisher dropped counts as a gap. If the whole track has failed, the next read throws.
            meter.Gap(1);
        }
    }
}
