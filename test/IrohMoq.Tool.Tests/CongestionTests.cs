using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Tool.Commands;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Tool.Tests;

/// <summary>The option <c>--congestion</c> of the commands publish and subscribe.</summary>
public class CongestionTests
{
    [TestCase("cubic", CongestionControl.Cubic)]
    [TestCase("reno", CongestionControl.Reno)]
    [TestCase("bbr", CongestionControl.Bbr)]
    public void Name_IsTheEndpointsCongestionControl(string name, CongestionControl expected) =>
        Assert.That(Read("--congestion", name).CongestionControl, Is.EqualTo(expected));

    [Test]
    public void Default_IsThatOfTheLibrary() =>
        Assert.That(Read().CongestionControl, Is.EqualTo(IrohEndpointOptions.Default.CongestionControl));

    [TestCase("publish")]
    [TestCase("subscribe")]
    [CancelAfter(30_000)]
    public async Task Help_NamesTheChoices(string command, CancellationToken token)
    {
        using var tool = new ToolProcess(command, "--help");
        var (code, output, errors) = await tool.EndAsync(token);
        Assert.That(code, Is.Zero, errors);
        Assert.That(output, Does.Contain("--congestion <cubic|reno|bbr>"));
    }

    private static IrohEndpointOptions Read(params string[] words)
    {
        var options = new CommonOptions();
        var command = new Command("publish");
        options.AddTo(command);
        var parsed = command.Parse(["--name", "a", "--track", "b", .. words]);
        Assert.That(parsed.Errors, Is.Empty);
        return options.ReadEndpointOptions(parsed, NullLoggerFactory.Instance);
    }
}
