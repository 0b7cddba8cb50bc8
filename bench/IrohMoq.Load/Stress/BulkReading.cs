using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Reads a track whose frames begin with the time of their write, and records statistics: the number of groups that were read, aborted and
/// skipped, their order, and the age of the frames.
/// </summary>
internal sealed class BulkReading
{
    private readonly TrackConsumer _track;
    private readonly TimeSpan _afterEach;
    private volatile bool _isPaused;

    /// <summary>Initializes a new instance and starts reading.</summary>
    /// <param name="track">The track to read.</param>
    /// <param name="afterEach">The time to wait after each group.</param>
    public BulkReading(TrackConsumer track, TimeSpan afterEach = default)
    {
        _track = track;
        _afterEach = afterEach;
        Done = Task.Run(RunAsync);
    }

    /// <summary>Gets a task that completes at the end of the track, or fails with the exception of the reading.</summary>
    public Task Done { get; }

    public bool IsPaused { get => _isPaused; set => _isPaused = value; }

    public long Bytes { get; private set; }

    public long Frames { get; private set; }

    /// <summary>Gets the number of groups that were read to their end.</summary>
    public long Whole { get; private set; }

    /// <summary>Gets the number of groups that were aborted or dropped before their end.</summary>
    public long Broken { get; private set; }

    /// <summary>Gets the number of groups that arrived after a newer group.</summary>
    public long Backwards { get; private set; }

    public long Skipped => _track.Skipped;

    public ulong First { get; private set; }

    public ulong Highest { get; private set; }

    /// <summary>Gets the age of the last frame at the time when it was read.</summary>
    public TimeSpan Age { get; private set; }

    public TimeSpan HighestAge { get; private set; }

    /// <summary>Resets <see cref="HighestAge"/> to zero.</summary>
    public void ForgetAges() => HighestAge = default;

    private async Task RunAsync()
    {
        await foreach (var group in _track.ReadGroupsAsync())
        {
            if (Whole + Broken == 0)
                First = Highest = group.Sequence;
            Backwards += group.Sequence < Highest ? 1 : 0;
            Highest = Math.Max(Highest, group.Sequence);
            try
            {
                await foreach (var frame in group.ReadFramesAsync())
                {
                    Count(frame.Payload);
                    while (_isPaused)
                        await Task.Delay(20);
                }

                Whole++;
            }
            catch (MoqStreamException)
            {
                Broken++;
            }

            if (_afterEach > TimeSpan.Zero)
                await Task.Delay(_afterEach);
        }
    }

    private void Count(ReadOnlySpan<byte> payload)
    {
        Bytes += payload.Length;
        Frames++;
        Age = Stopwatch.GetElapsedTime(BitConverter.ToInt64(payload));
        HighestAge = Age > HighestAge ? Age : HighestAge;
    }
}
