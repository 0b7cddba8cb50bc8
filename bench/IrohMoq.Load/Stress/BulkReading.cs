using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Reads a track whose frames begin with the time of their writing, and counts: what was read, broken off and missed, in which order, and
/// how old it was.
/// </summary>
internal sealed class BulkReading
{
    private readonly TrackConsumer _track;
    private readonly TimeSpan _afterEach;
    private volatile bool _isPaused;

    /// <param name="track">What is read.</param>
    /// <param name="afterEach">How long the reader takes for a group.</param>
    public BulkReading(TrackConsumer track, TimeSpan afterEach = default)
    {
        _track = track;
        _afterEach = afterEach;
        Done = Task.Run(RunAsync);
    }

    /// <summary>Completes with the track, or fails as its reading does.</summary>
    public Task Done { get; }

    public bool IsPaused { get => _isPaused; set => _isPaused = value; }

    public long Bytes { get; private set; }

    public long Frames { get; private set; }

    /// <summary>Groups read to their ends.</summary>
    public long Whole { get; private set; }

    /// <summary>Groups that broke off.</summary>
    public long Broken { get; private set; }

    /// <summary>Groups older than one read before.</summary>
    public long Backwards { get; private set; }

    public long Skipped => _track.Skipped;

    public ulong First { get; private set; }

    public ulong Highest { get; private set; }

    /// <summary>How old the last frame was when it was read.</summary>
    public TimeSpan Age { get; private set; }

    public TimeSpan HighestAge { get; private set; }

    /// <summary>From now on the highest age counts anew.</summary>
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
