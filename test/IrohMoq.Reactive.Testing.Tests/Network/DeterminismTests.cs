using System.Diagnostics;

namespace IrohMoq.Reactive.Testing.Tests.Network;

/// <summary>The same seed gives the same trace. Two runs in one process would agree even if state were kept in hash order, so another process has to as well.</summary>
public sealed class DeterminismTests
{
    private const string OutputVariable = "IROHMOQ_SWARM_TRACE";

    [Test]
    public void SameSeed_SameTrace()
    {
        var trace = Swarm.Run(seed: 1);
        if (Environment.GetEnvironmentVariable(OutputVariable) is { Length: > 0 } output)
            File.WriteAllText(output, trace.Sha256);
        Assert.That(trace.Count, Is.GreaterThan(5000));
        Assert.That(Swarm.Run(seed: 1).Sha256, Is.EqualTo(trace.Sha256));
    }

    [Test]
    public void ManySeeds_EachGivesTheSameTraceAgain()
    {
        const int Seeds = 6;
        var traces = new HashSet<string>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var trace = Swarm.Run(seed).Sha256;
            Assert.That(Swarm.Run(seed).Sha256, Is.EqualTo(trace), $"Seed {seed}.");
            traces.Add(trace);
        }

        Assert.That(traces, Has.Count.EqualTo(Seeds), "Another seed is another story.");
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task SameSeedInAnotherProcess_SameTrace(CancellationToken cancellationToken)
    {
        var output = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
            if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
                start.ArgumentList.Add(typeof(DeterminismTests).Assembly.Location);
            start.ArgumentList.Add("--filter");
            start.ArgumentList.Add($"FullyQualifiedName={typeof(DeterminismTests).FullName}.{nameof(SameSeed_SameTrace)}");
            start.Environment[OutputVariable] = output;
            using var process = Process.Start(start)!;
            var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            Assert.That(process.ExitCode, Is.Zero, string.Concat(said));
            Assert.That(await File.ReadAllTextAsync(output, cancellationToken), Is.EqualTo(Swarm.Run(seed: 1).Sha256));
        }
        finally
        {
            File.Delete(output);
        }
    }
}
