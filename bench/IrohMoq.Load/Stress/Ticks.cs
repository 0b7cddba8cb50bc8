using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Represents a track of small groups at a constant rate, similar to control messages or audio, and a reader that counts its frames.
/// </summary>
internal sealed class Ticks
{
    private const int Size = 60;

    private readonly TrackProducer _track;
    private readonly double _perSecond;
    private long _read;

    public Ticks(BroadcastProducer broadcast, string name, double perSecond)
    {
        _track = broadcast.CreateTrack(name, new TrackOptions { Priority = 255 });
        _perSecond = perSecond;
        _ = Task.Run(WriteAsync);
    }

    public long Read => Volatile.Read(ref _read);

    public void Begin(BroadcastConsumer broadcast) => _ = Task.Run(() => ReadAsync(broadcast.Track(_track.Name)));

    /// <summary>
    /// Measures the share of the written rate that the reader receives during the specified time from now on, where 1 is the full rate.
    /// </summary>
    public async Task<double> ShareAsync(TimeSpan time)
    {
        var before = Read;
        var clock = Stopwatch.StartNew();
        await Task.Delay(time);
        return (Read - before) / (_perSecond * clock.Elapsed.TotalSeconds);
    }

    private async Task WriteAsync()
    {
        var clock = Stopwatch.StartNew();
        var payload = new byte[Size];
        for (var written = 0L; ; written++)
        {
            while (written / _perSecond > clock.Elapsed.TotalSeconds)
                await Task.Delay(1);
            using var group = _track.AppendGroup();
            group.Write(payload);
            group.Finish();
        }
    }

    private async Task ReadAsync(TrackConsumer track)
    {
        await foreach (var group in track.ReadGroupsAsync())
        {
            await foreach (var _ in group.ReadFramesAsync())
                Interlocked.Increment(ref _read);
        }
    }
}
