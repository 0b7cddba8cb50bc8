using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>A token that is cancelled already ends a write, whether or not the write would have waited.</summary>
internal static class CancelStress
{
    public static async Task<string?> RunAsync()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        using var broadcast = new BroadcastProducer();
        foreach (var isLossless in new[] { false, true })
        {
            var track = broadcast.CreateTrack(isLossless ? "lossless" : "live", new TrackOptions { Lossless = isLossless });
            if (!await IsCancelledAsync(async () => (await track.AppendGroupAsync(cancelled.Token)).Dispose()))
                return $"AppendGroupAsync of a {track.Name} track begins a group though its token is cancelled";
            using var group = track.AppendGroup();
            if (!await IsCancelledAsync(async () => await group.WriteAsync(new byte[3], cancelled.Token)))
                return $"WriteAsync of a {track.Name} track writes though its token is cancelled";
        }

        return null;
    }

    private static async Task<bool> IsCancelledAsync(Func<Task> write)
    {
        try
        {
            await write();
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
