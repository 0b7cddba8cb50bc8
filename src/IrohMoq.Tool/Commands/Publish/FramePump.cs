using System.Buffers;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Commands.Publish;

/// <summary>Copies frames from a source to a track.</summary>
internal static class FramePump
{
    /// <summary>
    /// Copies frames until the source ends. On a lossless track, stops early when the last subscriber leaves, because writing would wait
    /// for subscribers forever.
    /// </summary>
    public static async Task RunForReadersAsync(ISource source, TrackProducer track, TrafficMeter meter, CancellationToken interrupted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        var pumping = RunAsync(source, track, meter, stop.Token);
        var leaving = track.Options.Lossless ? track.WaitForNoSubscriberAsync(stop.Token).AsTask() : pumping;
        await Task.WhenAny(pumping, leaving).ConfigureAwait(false);
        stop.Cancel();
        try
        {
            await pumping.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!interrupted.IsCancellationRequested)
        {
            // No subscriber is left to read the rest of the input.
        }
    }

    private static async Task RunAsync(ISource source, TrackProducer track, TrafficMeter meter, CancellationToken interrupted)
    {
        GroupProducer? group = null;
        try
        {
            while (await source.ReadAsync(interrupted).ConfigureAwait(false) is { } frame)
            {
                if (frame.BeginsGroup)
                {
                    group?.Finish();
                    group = await track.AppendGroupAsync(interrupted).ConfigureAwait(false);
                    meter.Group();
                }

                var length = (int)frame.Payload.Length;
                frame.Payload.CopyTo(group!.GetFrameMemory(length).Span);
                await group.CommitFrameAsync(length, interrupted).ConfigureAwait(false);
                meter.Frame(length);
            }

            group?.Finish();
            track.Finish();
        }
        finally
        {
            // Disposing an unfinished group aborts it.
            group?.Dispose();
        }
    }
}
