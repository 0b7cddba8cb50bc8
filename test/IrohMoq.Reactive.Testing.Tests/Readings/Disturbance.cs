using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// Runs a publisher and a subscriber in virtual time. Some readers of the subscriber disturb some tracks in one manner, while others read
/// the same, another or a new track.
/// </summary>
#pragma warning disable CA1001 // Its cancellation source holds nothing, and what runs late may still look at its token.
internal sealed class Disturbance
#pragma warning restore CA1001
{
    private const double MeasuredFrom = 3;
    private const double Seconds = 6;

    /// <summary>The number of bytes that are written each second, far more in the time than caches and windows hold together.</summary>
    private const long BytesASecond = 16 << 20;

    /// <summary>
    /// The maximum number of groups that are written each second: more of the smallest ones take long to write and show nothing new.
    /// </summary>
    private const int MostGroupsASecond = 400;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _tasks = [];
    private readonly List<object> _forgotten = [];
    private readonly Scene _scene;
    private readonly Terms _terms;
    private bool _isMeasured;
    private int _second;
    private int _same;

    private Disturbance(Scene scene, Terms terms)
    {
        _scene = scene;
        _terms = terms;
    }

    public static Pace Measure(ReaderManner manner, Terms terms)
    {
        var pace = default(Pace);
        Scene.Run(
            time => new InMemoryNetwork(time, seed: 7)
            {
                Latency = TimeSpan.FromSeconds(Scene.Latency),
                ConnectionWindow = terms.WindowMiB << 20,
                StreamWindow = 1 << 20,
                TracesArrivals = false,
            },
            async scene => pace = await new Disturbance(scene, terms).RunAsync(manner));
        return pace;
    }

    private async Task<Pace> RunAsync(ReaderManner manner)
    {
        var (alice, bob) = (_scene.Add("alice"), _scene.Add("bob"));
        var broadcast = _scene.Broadcast();
        var second = broadcast.CreateTrack("second");
        Scene.Say(broadcast.CreateTrack("new"), "hello");
        var disturbed = Enumerable.Range(0, _terms.Tracks)
            .Select(
                i => broadcast.CreateTrack($"disturbed{i}", new TrackOptions { Lossless = _terms.Lossless, DropsWithoutReaders = true }))
            .ToArray();
        using var live = alice.Moq.Publish("x", broadcast);
        var session = await bob.ConnectAsync(alice);
        var remote = await session.SubscribeAsync("x");

        Start(CountAsync(remote.Track("second"), () => _second++));
        if (!_terms.Alone)
            Start(CountAsync(remote.Track("disturbed0"), () => _same++));
        for (var i = 0; i < _terms.Tracks; i++)
            Start(ReadAsync(remote.Track($"disturbed{i}"), manner));
        await _scene.PauseAsync(0.1);
        Start(WriteAsync(second, groupsASecond: 100, size: 1000, frames: 1));
        var groupsASecond = Math.Max(1, Math.Min((double)BytesASecond / _terms.GroupSize, MostGroupsASecond) / _terms.Tracks);
        foreach (var track in disturbed)
            Start(WriteAsync(track, groupsASecond, _terms.GroupSize, _terms.FramesPerGroup));

        await _scene.PauseAsync(MeasuredFrom - 0.1);
        _isMeasured = true;
        var began = _scene.Seconds;
        Assert.That(await Scene.HearAsync(remote, "new"), Is.EqualTo("hello"));
        var subscription = _scene.Seconds - began;
        using var other = _scene.Saying("other");
        using var announced = alice.Moq.Publish("y", other);
        began = _scene.Seconds;
        await session.SubscribeAsync("y");
        var announcement = _scene.Seconds - began;
        await _scene.PauseAsync(Seconds - MeasuredFrom);
        _isMeasured = false;

        Stop();
        foreach (var task in _tasks)
            await task;
        broadcast.Abort(MoqErrorCode.Cancel);
        GC.KeepAlive(_forgotten);
        return new Pace(_second, _same, subscription, announcement);
    }

    /// <summary>Not by CancelAsync, which leaves virtual time.</summary>
    private void Stop() => _stop.Cancel();

    private void Start(Task task) => _tasks.Add(task);

    private async Task WriteAsync(TrackProducer track, double groupsASecond, int size, int frames)
    {
        var frame = new byte[size / frames];
        try
        {
            for (var due = _scene.Seconds; ; due += 1 / groupsASecond)
            {
                // A writer that had to wait does not catch up: it writes at a rate, not in a burst.
                if (due < _scene.Seconds)
                    due = _scene.Seconds;
                else
                    await _scene.Network.Runtime.DelayAsync(TimeSpan.FromSeconds(due - _scene.Seconds), _stop.Token);
                using var group = await track.AppendGroupAsync(_stop.Token);
                for (var i = 0; i < frames; i++)
                    await group.WriteAsync(frame, _stop.Token);
                group.Finish();
            }
        }
        catch (OperationCanceledException)
        {
            // Enough was written.
        }
    }

    private async Task CountAsync(TrackConsumer track, Action count)
    {
        try
        {
            await foreach (var group in track.ReadGroupsAsync(_stop.Token))
            {
                await foreach (var frame in group.ReadFramesAsync(_stop.Token))
                    Assert.That(frame.Length, Is.Positive);
                if (_isMeasured)
                    count();
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }

    private async Task ReadAsync(TrackConsumer track, ReaderManner manner)
    {
        if (manner == ReaderManner.Absent)
            return;
        try
        {
            var groups = track.ReadGroupsAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
            _forgotten.Add(groups);
            while (await groups.MoveNextAsync())
            {
                if (manner == ReaderManner.Forgotten)
                    return;
                await foreach (var frame in groups.Current.ReadFramesAsync(_stop.Token))
                {
                    if (manner is ReaderManner.BreaksOff or ReaderManner.Disposed)
                        break;
                    await _scene.Network.Runtime.DelayAsync(
                        manner == ReaderManner.Paused ? TimeSpan.FromDays(1) : TimeSpan.FromMilliseconds(20), _stop.Token);
                }

                if (manner != ReaderManner.Disposed)
                    continue;
                await groups.DisposeAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
        catch (MoqStreamException failure) when (failure.Code == MoqErrorCode.SlowReader || failure.Code == MoqErrorCode.Evicted
            || failure.Code == MoqErrorCode.Old)
        {
            // The reader was too slow and was cut off.
        }
    }
}
