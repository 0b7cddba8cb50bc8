using System.Text.RegularExpressions;
using IrohMoq.Tool.Help;

namespace IrohMoq.Tool.Tests;

/// <summary>The help of the tool and of its commands, with examples.</summary>
public partial class HelpTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task HelpOfTheTool_HasAnExampleForEachCommand(CancellationToken token)
    {
        var help = await HelpAsync(token);
        var examples = help[help.IndexOf("Examples:", StringComparison.Ordinal)..];
        var commands = Commands(help);
        Assert.That(commands, Does.Contain("publish").And.Contain("subscribe").And.Contain("doctor"));
        foreach (var command in commands)
            Assert.That(examples, Does.Match($@"(?m)\bmoq {command}\b"), command);
    }

    /// <summary>The options of the examples exist, and no example has a ticket or key of its own.</summary>
    [Test]
    [CancelAfter(120_000)]
    public async Task HelpOfEachCommand_HasItsExamples_WithOptionsThatExist(CancellationToken token)
    {
        foreach (var command in Commands(await HelpAsync(token)))
        {
            var help = await HelpAsync(token, command);
            var examples = Example.All.Where(example => example.Command == command).ToArray();
            Assert.That(examples, Is.Not.Empty, command);
            foreach (var example in examples)
            {
                Assert.That(help, Does.Contain($"\n  # {example.Purpose}\n  {example.Line}\n"));
                var call = example.Line[example.Line.IndexOf("moq ", StringComparison.Ordinal)..].Split('|')[0];
                foreach (var option in Options().Matches(call).Select(static match => match.Value))
                    Assert.That(help, Does.Match($"(?m)^  .*{option}\\b"), example.Line);
            }
        }
    }

    /// <summary>A script whose command is empty must not succeed.</summary>
    [Test]
    [CancelAfter(30_000)]
    public async Task NoCommand_PrintsTheHelpToStandardError_AndExitsWith2(CancellationToken token)
    {
        var help = await HelpAsync(token);
        using var moq = new ToolProcess();
        Assert.That(await moq.EndAsync(token), Is.EqualTo((2, "", help)));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task Id_WithoutAKeyFile_SaysThatItIsNotSaved(CancellationToken token)
    {
        using var moq = new ToolProcess("id");
        var (code, output, errors) = await moq.EndAsync(token);
        Assert.That(code, Is.Zero);
        Assert.That(output.Trim(), Has.Length.EqualTo(64));
        Assert.That(errors, Does.Contain("not saved").And.Contain("--secret-key"));
    }

    private static async Task<string> HelpAsync(CancellationToken token, params string[] command)
    {
        using var moq = new ToolProcess([.. command, "--help"]);
        var (code, output, errors) = await moq.EndAsync(token);
        Assert.That((code, errors), Is.EqualTo((0, "")));
        return output;
    }

    private static string[] Commands(string help) =>
        [.. CommandLines().Matches(help.Split("Commands:")[1].Split("\n\n")[0]).Select(static match => match.Groups[1].Value)];

    [GeneratedRegex(@"^  (\w+) ", RegexOptions.Multiline)]
    private static partial Regex CommandLines();

    [GeneratedRegex(@"--[a-z-]+")]
    private static partial Regex Options();
}
