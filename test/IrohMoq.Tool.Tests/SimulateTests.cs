using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IrohMoq.Reactive.Testing;
using IrohMoq.Tool.Commands.Simulate;

namespace IrohMoq.Tool.Tests;

/// <summary>The simulator as a command.</summary>
public class SimulateTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task Seed_GivesTheTraceOfTheLibrary(CancellationToken token)
    {
        var expected = ManagerScenario.Run(
            new ManagerOptions { Peers = 5, Simulation = new SimulationOptions { Seed = 7, Steps = 40 } }, token);
        using var tool = new ToolProcess("simulate", "--seed", "7", "--peers", "5", "--steps", "40", "--json");
        var result = await tool.ExpectAsync("result", token);
        Assert.That(
            (Number(result, "seed"), Number(result, "runs"), Number(result, "steps"), Number(result, "violations")),
            Is.EqualTo((7, 1, 40, 0)));
        Assert.That(Number(result, "events"), Is.EqualTo(ManagerScenario.EventsOf(expected)));
        Assert.That(result.GetProperty("trace_sha256").GetString(), Is.EqualTo(expected.TraceSha256));
        var end = await tool.EndAsync(token);
        Assert.That((end.Code, end.Output), Is.EqualTo((0, "")));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task SeveralRuns_AreHashedTogether(CancellationToken token)
    {
        var hashes = string.Concat(Enumerable.Range(3, 4).Select(static seed =>
            ManagerScenario.Run(new ManagerOptions { Simulation = new SimulationOptions { Seed = seed, Steps = 30 } }).TraceSha256));
        using var tool = new ToolProcess("simulate", "--seed", "3", "--runs", "4", "--steps", "30", "--json");
        var result = await tool.ExpectAsync("result", token);
        Assert.That((Number(result, "seed"), Number(result, "runs"), Number(result, "steps")), Is.EqualTo((3, 4, 120)));
        Assert.That(
            result.GetProperty("trace_sha256").GetString(),
            Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(hashes)))));
        Assert.That((await tool.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Trace_HasTheHash_AndTheOutputSumsItUp(CancellationToken token)
    {
        using var tool = new ToolProcess("simulate", "--steps", "30", "--trace");
        var end = await tool.EndAsync(token);
        Assert.That(end.Code, Is.Zero, end.Errors);
        var lines = end.Output.Split('\n');
        var trace = string.Concat(
            lines.Where(static line => line.StartsWith("00:", StringComparison.Ordinal)).Select(static line => line + "\n"));
        Assert.That(lines, Does.Contain($"trace      {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(trace)))}"));
        Assert.That(lines, Does.Contain("violations 0").And.Some.EndsWith("  event ConnectRequested"));
        foreach (var invariant in ManagerInvariants.All)
            Assert.That(lines, Does.Contain($"checked    {invariant}"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Interrupt_ExitsWith130(CancellationToken token)
    {
        using var tool = new ToolProcess("simulate", "--runs", "1000000", "--json");
        Assert.That(Number(await tool.ExpectAsync("progress", token), "runs"), Is.EqualTo(1_000_000));
        tool.Interrupt();
        Assert.That((await tool.EndAsync(token)).Code, Is.EqualTo(130));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Harsh_RunsTheHarshWorld(CancellationToken token)
    {
        var expected = ManagerScenario.Run(
            new ManagerOptions { Peers = 3, Harsh = true, Simulation = new SimulationOptions { Seed = 3, Steps = 20 } }, token);
        using var tool = new ToolProcess("simulate", "--harsh", "--seed", "3", "--peers", "3", "--steps", "20", "--json");
        var result = await tool.ExpectAsync("result", token);
        Assert.That(result.GetProperty("trace_sha256").GetString(), Is.EqualTo(expected.TraceSha256));
        Assert.That((await tool.EndAsync(token)).Code, Is.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    [CancelAfter(60_000)]
    public async Task Relays_RunTheScenarioOfRelays(bool forwardsFronts, CancellationToken token)
    {
        var expected = RelayScenario.Run(
            new RelayOptions { ForwardsFronts = forwardsFronts, Simulation = new SimulationOptions { Seed = 3, Steps = 20 } }, token);
        string[] fronts = forwardsFronts ? ["--fronts"] : [];
        using var tool = new ToolProcess(["simulate", "--relays", .. fronts, "--seed", "3", "--steps", "20", "--json"]);
        var result = await tool.ExpectAsync("result", token);
        Assert.That(
            (Number(result, "steps"), Number(result, "events"), result.GetProperty("trace_sha256").GetString()),
            Is.EqualTo((20, ManagerScenario.EventsOf(expected), expected.TraceSha256)));
        Assert.That(Number(result, "events"), Is.Positive);
        Assert.That((await tool.EndAsync(token)).Code, Is.Zero);
    }

    [TestCase("--peers", "1")]
    [TestCase("--peers", "51")]
    [TestCase("--steps", "0")]
    [TestCase("--runs", "0")]
    [TestCase("--seed", "2147483647", "--runs", "2")]
    [TestCase("--seed", "x")]
    [TestCase("--fronts")]
    [TestCase("--relays", "--harsh")]
    [TestCase("--relays", "--peers", "5")]
    public async Task WrongArguments_ExitWith2(params string[] words)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var tool = new ToolProcess(["simulate", .. words]);
        var end = await tool.EndAsync(limit.Token);
        Assert.That(end.Code, Is.EqualTo(2), end.Errors);
        Assert.That(end.Errors, Does.StartWith("moq: "));
    }

    [TestCase("")]
    [TestCase(" --harsh --peers 3")]
    [TestCase(" --relays")]
    [TestCase(" --relays --fronts")]
    [NonParallelizable]
    public async Task Violation_ExitsWith1AndNamesTheSeed_AndTheCommandThatRunsItAgain(string options)
    {
        var said = await RunViolatedAsync($"simulate --runs 1000 --steps 10 --seed 40{options}");
        Assert.That(
            said,
            Does.Contain("moq: seed 42, ").And.Contain("must hold: a test of the tool")
                .And.Contain($"moq: this runs it again: moq simulate{options} --seed 42 --steps 10\n")
                .And.Contain("3 runs from seed 40 on").And.Contain("violations 1"));
    }

    [Test]
    [NonParallelizable]
    public async Task Violation_NamesTheNumberOfPeersOfItsSeed()
    {
        var peers = Swarm.Of(new Seed(42));
        var said = await RunViolatedAsync("simulate --relays --runs 3 --steps 10 --seed 40 --json");
        Assert.That(
            said, Does.Contain($"violated with seed 42, {peers.Count} peers and 10 steps: moq simulate --relays --seed 42 --steps 10\n"));
    }

    private static async Task<string> RunViolatedAsync(string line)
    {
        var (output, errors) = (Console.Out, Console.Error);
        using var said = new StringWriter();
        try
        {
            Console.SetOut(said);
            Console.SetError(said);
            var command = new RootCommand
            {
                SimulateCommand.Create(static (scenario, program, token) => Violated(scenario.Run(program, token))),
            };
            Assert.That(await command.Parse(line).InvokeAsync(), Is.EqualTo(1));
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
        }

        return said.ToString();
    }

    private static SimulationResult Violated(SimulationResult result) => result.Seed < 42 ? result : result with
    {
        Violation = new SimulationViolation
        {
            Seed = result.Seed,
            Scenario = result.Scenario,
            Steps = result.Steps,
            Step = 3,
            Time = result.Elapsed,
            Invariant = "a test of the tool",
            Expected = "this",
            Seen = "that",
            Program = ["a step"],
            LastLines = ["a line"],
        },
    };

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();
}
