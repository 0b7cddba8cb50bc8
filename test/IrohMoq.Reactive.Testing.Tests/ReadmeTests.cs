using System.Text.RegularExpressions;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>The code that the documentation of the package shows is code of this program.</summary>
public sealed partial class ReadmeTests
{
    [TestCase("src/IrohMoq.Reactive.Testing/README.md", "ReadmeExample.cs")]
    [TestCase("docs/simulator.md", "Simulation/SimulatorExample.cs")]
    public void CodeOfThePage_IsTheExample(string page, string example)
    {
        var blocks = CodeBlocks().Matches(File.ReadAllText(Path.Combine(Repository.Root, page)))
            .Select(static block => block.Groups[1].Value)
            .ToArray();
        var code = WithoutIndentation(File.ReadAllText(Path.Combine(Repository.Root, "test", "IrohMoq.Reactive.Testing.Tests", example)));
        Assert.That(blocks, Is.Not.Empty);
        foreach (var block in blocks)
            Assert.That(code, Does.Contain(WithoutIndentation(block)));
    }

    private static string WithoutIndentation(string code) => Indentation().Replace(code, "");

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlocks();

    [GeneratedRegex("^ +", RegexOptions.Multiline)]
    private static partial Regex Indentation();
}
