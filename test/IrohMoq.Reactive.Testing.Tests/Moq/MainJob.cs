using System.Text;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Runs the main job between two peers, from the first dial to the last shutdown. The trace has a line for everything that is observable.
/// </summary>
internal sealed class MainJob
{
    public const int Groups = 5;
    public const int FramesPerGroup = 3;

    private readonly TestScheduler _time = new();
    private readonly Stage _stage;

    private MainJob(int seed, TimeSpan jitter) =>
        _stage = new Stage(
            new InMemoryNetwork(_time, seed) { Latency = TimeSpan.FromMilliseconds(20), Jitter = jitter, Bandwidth = 1_000_000 });

    public IReadOnlyList<string> Alarms => _stage.Alarms;

    public NetworkTrace Trace => _stage.Network.Trace;

    /// <summary>Gets the number of lines when both peers had shut down.</summary>
    public long LinesAtShutdown { get; private set; }

    /// <param name="seed">Where jitter and ids come from.</param>
    /// <param name="jitter">In ms.</param>
    public static MainJob Run(int seed, int jitter = 5)
    {
        var job = new MainJob(seed, TimeSpan.FromMilliseconds(jitter));
        job._stage.Network.Run(job.RunAsync);
        job.LinesAtShutdown = job.Trace.Count;
        // A retry, a timer or a loop that was left behind would show within an hour.
        job._time.AdvanceBy(TimeSpan.FromHours(1).Ticks);
        return job;
    }

    private async Task RunAsync()
    {
        var (alice, bob) = (_stage.Add("alice"), _stage.Add("bob"));
        using var broadcast = new BroadcastProducer(_stage.Network.Runtime);
        var clock = broadcast.CreateTrack("clock");
        var live = alice.Moq.Publish("studio/main", broadcast);
        var writing = WriteAsync(alice, clock);
        var session = await bob.ConnectAsync(alice);
        await bob.ReadAsync(session, "studio/main", "clock");
        await writing;

        live.Dispose();
        await _stage.PauseAsync(1);
        session.Close(new MoqErrorCode(77), "thank you");
        await session.Closed;
        await _stage.PauseAsync(1);
        await bob.DisposeAsync();
        await alice.DisposeAsync();
    }

    private async Task WriteAsync(Followed alice, TrackProducer track)
    {
        await track.WaitForSubscriberAsync();
        alice.Write("has a subscriber");
        for (var g = 0; g < Groups; g++)
        {
            using var group = track.AppendGroup();
            for (var f = 0; f < FramesPerGroup; f++)
            {
                group.Write(Encoding.UTF8.GetBytes($"group {g} frame {f}"));
                await _stage.PauseAsync(0.01);
            }

            group.Finish();
        }

        track.Finish();
    }
}
