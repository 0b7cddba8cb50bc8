using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>Tests that a write with a canceled token is canceled, whether or not the write would have waited.</summary>
internal static class CancelStress
{
    public static async Task<string?> RunAsync()
    {
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        using var broadcast = new BroadcastProducer();
        foreach (var isLossless in new[] { false, true })
        {
            var track = broadcast.CreateTrack(isLossless ? "lossless" : "live", new TrackOptions { Lossless = isLossless });
            if (!await IsCanceledAsync(async () => (await track.AppendGroupAsync(canceled.Token)).Dispose()))
                return $"AppendGroupAsync of a {track.Name} track begins a group though its token is canceled";
            using var group = track.AppendGroup();
            if (!await IsCanceledAsync(async () => await group.WriteAsync(new byte[3], canceled.Token)))
                return $"WriteAsync of a {track.Name} track writes though its token is canceled";
        }

        return null;
    }

    private static async Task<bool> IsCanceledAsync(Func<Task> write)
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
