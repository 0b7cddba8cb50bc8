using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>Reads a track until the process ends. The reading can be paused, and can record the age of the frames that are read.</summary>
internal sealed class TrackReading
{
    private readonly TrackConsumer _track;
    private readonly Lock _gate = new();
    private List<double>? _ages;
    private TaskCompletionSource? _pause;
    private long _frames;
    private long _groups;
    private long _bytes;

    public TrackReading(TrackConsumer track)
    {
        _track = track;
        _ = Task.Run(RunAsync);
    }

    /// <summary>Gets the reason for which the reading ended, or null while it continues.</summary>
    public string? Failure { get; private set; }

    public Counts Count(long peak) => Counts.Now(Volatile.Read(ref _frames), Volatile.Read(ref _groups), Volatile.Read(ref _bytes), peak);

    public void Pause() => Volatile.Write(ref _pause, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Resume() => Interlocked.Exchange(ref _pause, null)?.SetResult();

    public void NoteAges()
    {
        lock (_gate)
            _ages = [];
    }

    /// <summary>
    /// Returns statistics of the ages of the frames that were read since <see cref="NoteAges"/> was called, and stops recording.
    /// </summary>
    public Ages TakeAges()
    {
        lock (_gate)
        {
            var ages = Ages.Of(_ages ?? []);
            _ages = null;
            return ages;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var group in _track.ReadGroupsAsync())
            {
                _groups++;
                await ReadAsync(group);
            }

            Failure = "the track ended";
        }
        catch (MoqException failure)
        {
            Failure = failure.Message;
        }
    }

    private async Task ReadAsync(GroupConsumer group)
    {
        try
        {
            await foreach (var frame in group.ReadFramesAsync())
            {
                _frames++;
                _bytes += frame.Length;
                if (_ages is not null)
                    Note(Stopwatch.GetElapsedTime(BitConverter.ToInt64(frame.Payload)).TotalMilliseconds);
                if (Volatile.Read(ref _pause) is { } pause)
                    await pause.Task;
            }
        }
        catch (MoqStreamException)
        {
            // A group of a live track may be aborted. The reader continues with the next group.
        }
    }

    private void Note(double age)
    {
        lock (_gate)
            _ages?.Add(age);
    }
}
