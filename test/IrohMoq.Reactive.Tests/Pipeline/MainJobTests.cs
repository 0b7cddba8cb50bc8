using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>
/// The main job: publish, connect, subscribe, read. The trace has a line with the virtual time of each step; the same seed gives the same
/// trace, in another process as well.
/// </summary>
public sealed class MainJobTests
{
    private const string OutputVariable = "IROHMOQ_MAIN_JOB_TRACE";
    private const int Seed = 7;

    [Test]
    public void EveryFrame_ReachesEverySubscriberInOrder()
    {
        var trace = TraceOf(Seed);
        Assert.That(trace.Where(static line => line.Contains("read")), Has.Exactly(Subscribers * Groups * Frames).Items);
        for (var subscriber = 2; subscriber < 2 + Subscribers; subscriber++)
        {
            var read = trace
                .Where(line => line.Contains($"{subscriber} read "))
                .Select(static line => line[(line.IndexOf("read", StringComparison.Ordinal) + 5)..]);
            Assert.That(
                read,
                Is.EqualTo(
                    Enumerable.Range(0, Groups).SelectMany(static g => Enumerable.Range(0, Frames).Select(f => $"group {g} frame {f}"))));
        }
    }

    [Test]
    public void SameSeed_SameTrace_AnotherSeedAnother()
    {
        var (first, again, other) = (TraceOf(Seed), TraceOf(Seed), TraceOf(Seed + 1));
        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task SameSeed_SameTraceInAnotherProcess(CancellationToken cancellationToken)
    {
        var file = Path.Combine(Path.GetTempPath(), $"main-job-{Environment.ProcessId}.txt");
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
            var filter = $"FullyQualifiedName~{nameof(MainJobTests)}.{nameof(Trace_IsWrittenForAnotherProcess)}";
            foreach (var argument in new[] { "--filter", filter })
                start.ArgumentList.Add(argument);
            start.Environment[OutputVariable] = file;
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            Assert.That(process.ExitCode, Is.Zero, $"{await output}{await errors}");
            Assert.That(await File.ReadAllTextAsync(file, cancellationToken), Is.EqualTo(Text(TraceOf(Seed))));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Runs in the other process; alone it only prints the hash of the trace.</summary>
    [Test]
    public void Trace_IsWrittenForAnotherProcess()
    {
        var text = Text(TraceOf(Seed));
        TestContext.Out.WriteLine(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
        if (Environment.GetEnvironmentVariable(OutputVariable) is { Length: > 0 } file)
            File.WriteAllText(file, text);
        Assert.That(text, Is.Not.Empty);
    }

    [Test]
    public void ManySeeds_EachTwice_NoTraceDiffers() =>
        Gen.Int[0, 1_000_000].Sample(static seed => TraceOf(seed).SequenceEqual(TraceOf(seed)), iter: 20);

    private const int Subscribers = 4;
    private const int Groups = 5;
    private const int Frames = 3;

    private static string Text(IEnumerable<string> trace) => string.Join('\n', trace);

    private static IReadOnlyList<string> TraceOf(int seed)
    {
        IReadOnlyList<string> trace = [];
        var random = new Random(seed);
        VirtualPeers.Run(TimeSpan.FromMilliseconds(random.Next(1, 50)), async peers =>
        {
            var (publisher, _) = peers.Add(1);
            using var events = publisher.SessionEvents().Subscribe(
                happened => peers.Write(
                    $"1 sees {peers.NameOf(happened.RemoteId)} {(happened.IsOpening ? "open" : $"closed {happened.Closed!.Code}")}"));
            using var broadcast = peers.Broadcast();
            var track = broadcast.CreateTrack("clock");
            using var live = publisher.Publish("studio/main", broadcast);
            var readers = Enumerable.Range(2, Subscribers).Select(name => ReadAsync(peers, (byte)name, random.Next(100))).ToArray();
            for (var ready = 0; ready < Subscribers; ready = track.SubscriberCount)
                await peers.WaitAsync(10);
            for (var g = 0; g < Groups; g++)
            {
                await peers.WaitAsync(random.Next(1, 200));
                using var group = track.AppendGroup();
                for (var f = 0; f < Frames; f++)
                {
                    group.Write(Encoding.UTF8.GetBytes($"group {g} frame {f}"));
                    await peers.WaitAsync(random.Next(0, 10));
                }

                group.Finish();
                peers.Write($"1 wrote group {g}");
            }

            track.Finish();
            await Task.WhenAll(readers);
            await publisher.DisposeAsync();
            trace = peers.Trace;
        });
        return trace;
    }

    private static async Task ReadAsync(VirtualPeers peers, byte name, int delay)
    {
        await peers.WaitAsync(delay);
        var (moq, _) = peers.Add(name);
        var session = await moq.ConnectAsync(peers.Addr(1));
        peers.Write($"{name} connected");
        await using var studio = await session.SubscribeAsync("studio/main");
        peers.Write($"{name} subscribed");
        await foreach (var group in studio.Track("clock").ReadGroupsAsync())
        {
            await foreach (var frame in group.ReadFramesAsync())
                peers.Write($"{name} read {Encoding.UTF8.GetString(frame.Payload)}");
        }

        var closed = moq.DisposeAsync();
        peers.Write($"{name} done");
        await closed;
    }
}
