using System.Text.RegularExpressions;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>What the package's README shows is a test of this program.</summary>
public sealed partial class ReadmeTests
{
    [Test]
    public void TheReadmesProgram_IsTheExample()
    {
        var shown = CodeBlocks().Match(File.ReadAllText(Path.Combine(Repository.Root, "src", "IrohMoq.Reactive.Testing", "README.md"))).Groups[1].Value;
        var run = File.ReadAllText(Path.Combine(Repository.Root, "test", "IrohMoq.Reactive.Testing.Tests", "ReadmeExample.cs")).Replace("\n    ", "\n", StringComparison.Ordinal);
        Assert.That(shown, Is.Not.Empty);
        Assert.That(run, Does.EndWith($"{{\n{shown}}}\n"));
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlocks();
}
