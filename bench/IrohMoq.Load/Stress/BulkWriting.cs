using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>Writes groups of frames that begin with the time of their write.</summary>
internal static class BulkWriting
{
    /// <summary>Writes the specified number of frames without delay.</summary>
    public static async Task WriteAsync(TrackProducer track, long frames, int size, int perGroup)
    {
        for (var written = 0L; written < frames; written += perGroup)
            await WriteGroupAsync(track, size, perGroup);
    }

    /// <summary>Waits for the first subscriber, then writes frames at a fixed rate for the specified time.</summary>
    /// <returns>The number of groups that were written.</returns>
    public static async Task<long> WriteAsync(TrackProducer track, int size, int perGroup, double framesPerSecond, TimeSpan time)
    {
        await track.WaitForSubscriberAsync();
        var clock = Stopwatch.StartNew();
        var groups = 0L;
        for (; clock.Elapsed < time; groups++)
        {
            while (groups * perGroup / framesPerSecond > clock.Elapsed.TotalSeconds)
                await Task.Delay(1);
            await WriteGroupAsync(track, size, perGroup);
        }

        return groups;
    }

    private static async Task WriteGroupAsync(TrackProducer track, int size, int perGroup)
    {
        var frame = new byte[size];
        using var group = await track.AppendGroupAsync();
        for (var i = 0; i < perGroup; i++)
        {
            BitConverter.TryWriteBytes(frame, Stopwatch.GetTimestamp());
            await group.WriteAsync(frame);
        }

        group.Finish();
    }
}
