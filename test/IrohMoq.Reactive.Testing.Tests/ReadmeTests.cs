using System.Text.RegularExpressions;

namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>What the package's README shows is a test of this program.</summary>
public sealed partial class ReadmeTests
{
    [Test]
    public void TheReadmesProgram_IsTheExample()
    {
        var root = FindRoot();
        var shown = CodeBlocks().Match(File.ReadAllText(Path.Combine(root, "src", "IrohMoq.Reactive.Testing", "README.md"))).Groups[1].Value;
        var run = File.ReadAllText(Path.Combine(root, "test", "IrohMoq.Reactive.Testing.Tests", "ReadmeExample.cs")).Replace("\n    ", "\n", StringComparison.Ordinal);
        Assert.That(shown, Is.Not.Empty);
        Assert.That(run, Does.EndWith($"{{\n{shown}}}\n"));
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "IrohMoq.Reactive.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside the repository.");
        return folder;
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlocks();
}
