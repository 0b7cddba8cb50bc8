using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>Writes a track from the arrival of its first subscriber until the process ends.</summary>
internal sealed class TrackWriter
{
    private readonly TrackSpec _spec;
    private readonly TrackProducer _track;
    private long _frames;
    private long _groups;

    public TrackWriter(BroadcastProducer broadcast, TrackSpec spec)
    {
        _spec = spec;
        _track = broadcast.CreateTrack(spec.Name, new TrackOptions { Lossless = spec.IsLossless, Priority = spec.Priority });
        _ = Task.Run(RunAsync);
    }

    public Counts Count(long peak) =>
        Counts.Now(Volatile.Read(ref _frames), Volatile.Read(ref _groups), Volatile.Read(ref _frames) * _spec.FrameSize, peak);

    private async Task RunAsync()
    {
        await _track.WaitForSubscriberAsync();
        var frame = new byte[_spec.FrameSize];
        var clock = Stopwatch.StartNew();
        while (true)
        {
            using var group = await _track.AppendGroupAsync();
            _groups++;
            for (var i = 0; i < _spec.FramesPerGroup; i++)
            {
                // A delay takes at least a millisecond, so a fast track is written in small bursts, as by a capture device.
                while (_spec.FramesPerSecond > 0 && _frames / _spec.FramesPerSecond > clock.Elapsed.TotalSeconds)
                    await Task.Delay(1);
                BitConverter.TryWriteBytes(frame, Stopwatch.GetTimestamp());
                await group.WriteAsync(frame);
                _frames++;
            }

            group.Finish();
        }
    }
}
